// SPDX-License-Identifier: Apache-2.0
#include "services/rule/logic.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/uuid.h"
#include "rules/envelope/envelope.h"
#include "services/rule/policy.h"

namespace vedette::rule {
namespace {

constexpr std::chrono::seconds kReadTimeout(10);
constexpr char kSeeTreatment[] = "alert.unblinded";

// "signed" is a draft that carries a signature; "draft" one that carries none.
bool HasStatus(const RuleVersion& version, const std::string& status) {
  if (status.empty()) return true;
  const bool is_signed = !version.signatures.empty();
  if (status == "signed") return version.status == RuleStatus::kDraft && is_signed;
  if (status == "draft") return version.status == RuleStatus::kDraft && !is_signed;
  return StatusText(version.status) == status;
}

}  // namespace

RuleLogic::RuleLogic(Dependencies dependencies, RuleOptions options)
    : dependencies_(std::move(dependencies)), options_(options) {}

bool RuleLogic::CoversStudy(const Principal& principal,
                            const char* permission,
                            const std::string& study_id) const {
  const auto sites = dependencies_.authorizer.Sites(principal, permission, study_id);
  return std::ranges::find(sites, "*") != sites.end();
}

Status RuleLogic::CheckWholeStudy(const Principal& principal,
                                  const char* permission,
                                  const std::string& study_id) const {
  if (CoversStudy(principal, permission, study_id)) return {};
  return Fail(Code::kPermissionDenied, "A rule watches all sites of study " + study_id +
                                           ": this needs the permission " + permission +
                                           " on all of them; your role covers some.");
}

Task<Result<RuleVersion>> RuleLogic::Write(CallContext context,
                                           rules::RuleDefinition definition,
                                           std::shared_ptr<const rules::Catalog> catalog) {
  const std::string study_id = catalog->study_id;
  VEDETTE_CO_TRY(auto change,
                 co_await dependencies_.store.BeginChange(
                     context.deadline, study_id, definition.rule_id, dependencies_.clock.Now()));
  // The number is part of what is hashed, and is known only now.
  definition.version = change.versions().empty() ? 1 : change.versions().back().version + 1;
  VEDETTE_CO_TRY(const auto checked,
                 CheckOneRule(rules::CanonicalText(definition), definition.rule_id, catalog));
  RuleVersion version = Describe(checked, *catalog);
  version.version_id = NewUuid(change.at()).ToString();
  version.created_by = context.principal->subject;
  version.created_at = change.at();
  VEDETTE_CO_CHECK_OK(co_await change.Add(version));
  VEDETTE_CO_CHECK_OK(co_await change.Commit());
  dependencies_.logger.Info("Rule version written", {{"study", study_id},
                                                     {"rule", version.rule_id},
                                                     {"version", version.version},
                                                     {"by", version.created_by}});
  co_return version;
}

Task<Result<RuleVersion>> RuleLogic::CreateVersion(CallContext context,
                                                   std::string study_id,
                                                   std::string rule_id,
                                                   std::string envelope) {
  VEDETTE_CO_CHECK_OK(CheckWholeStudy(*context.principal, "rule.write", study_id));
  VEDETTE_CO_TRY(auto catalog, co_await dependencies_.catalogs.Load(context, study_id));
  VEDETTE_CO_TRY(const auto checked, CheckOneRule(envelope, rule_id, catalog));
  co_return co_await Write(std::move(context), checked.rule->definition(), std::move(catalog));
}

Task<Result<RuleVersion>> RuleLogic::CreateVersion(CallContext context,
                                                   std::string study_id,
                                                   Threshold threshold) {
  VEDETTE_CO_CHECK_OK(CheckWholeStudy(*context.principal, "rule.write", study_id));
  VEDETTE_CO_TRY(auto catalog, co_await dependencies_.catalogs.Load(context, study_id));
  VEDETTE_CO_TRY(auto definition, FromThreshold(threshold, *catalog));
  co_return co_await Write(std::move(context), std::move(definition), std::move(catalog));
}

Task<Result<EnvelopeCheck>> RuleLogic::Check(CallContext context,
                                             std::string study_id,
                                             std::string envelope) {
  VEDETTE_CO_TRY(auto catalog, co_await dependencies_.catalogs.Load(context, std::move(study_id)));
  co_return CheckEnvelope(envelope, std::move(catalog));
}

Task<Result<RuleVersion>> RuleLogic::Sign(CallContext context,
                                          std::string study_id,
                                          std::string rule_id,
                                          std::int32_t number,
                                          Sensitive<std::string> password,
                                          std::string meaning) {
  VEDETTE_CO_CHECK_OK(CheckWholeStudy(*context.principal, "rule.sign", study_id));
  // Before the rule is locked: a password takes its time.
  VEDETTE_CO_TRY(const auto signer,
                 co_await dependencies_.signatures.Confirm(context, std::move(password)));
  VEDETTE_CO_TRY(auto change, co_await dependencies_.store.BeginChange(
                                  context.deadline, study_id, rule_id, dependencies_.clock.Now()));
  const RuleVersion* chosen = Chosen(change.versions(), number);
  if (chosen == nullptr) co_return Fail(Code::kNotFound, "There is no such rule version.");
  VEDETTE_CO_CHECK_OK(MaySign(*chosen, signer.user_id));
  RuleVersion version = *chosen;
  version.signatures.push_back({signer.user_id, signer.name, std::move(meaning), change.at()});
  VEDETTE_CO_CHECK_OK(co_await change.Sign(version.version_id, version.signatures.back()));
  VEDETTE_CO_CHECK_OK(co_await change.Commit());
  dependencies_.logger.Info("Rule signed", {{"study", study_id},
                                            {"rule", rule_id},
                                            {"version", version.version},
                                            {"by", signer.user_id}});
  co_return version;
}

Task<Status> RuleLogic::ApplyAll(RuleChange change, std::vector<StatusChange> changes) {
  for (const StatusChange& one : changes) VEDETTE_CO_CHECK_OK(co_await change.Apply(one));
  VEDETTE_CO_CHECK_OK(co_await change.Commit());
  watchers_.Wake();
  co_return Status{};
}

Task<Result<RuleVersion>> RuleLogic::Activate(CallContext context,
                                              std::string study_id,
                                              std::string rule_id,
                                              std::int32_t number) {
  VEDETTE_CO_CHECK_OK(CheckWholeStudy(*context.principal, "rule.activate", study_id));
  VEDETTE_CO_TRY(auto change, co_await dependencies_.store.BeginChange(
                                  context.deadline, study_id, rule_id, dependencies_.clock.Now()));
  VEDETTE_CO_TRY(const auto changes, rule::Activate(change.versions(), number, change.at(),
                                                    options_.require_signature));
  const RuleVersion chosen = *Chosen(change.versions(), number);
  if (changes.empty()) co_return chosen;
  VEDETTE_CO_CHECK_OK(co_await ApplyAll(std::move(change), changes));
  dependencies_.logger.Info("Rule activated", {{"study", study_id},
                                               {"rule", rule_id},
                                               {"version", chosen.version},
                                               {"by", context.principal->subject}});
  co_return Applied(chosen, changes.back());
}

Task<Result<RuleVersion>> RuleLogic::Retire(CallContext context,
                                            std::string study_id,
                                            std::string rule_id) {
  VEDETTE_CO_CHECK_OK(CheckWholeStudy(*context.principal, "rule.activate", study_id));
  VEDETTE_CO_TRY(auto change, co_await dependencies_.store.BeginChange(
                                  context.deadline, study_id, rule_id, dependencies_.clock.Now()));
  VEDETTE_CO_TRY(const auto changes, rule::Retire(change.versions(), change.at()));
  const RuleVersion last = *LastAtWork(change.versions());
  if (changes.empty()) co_return last;
  VEDETTE_CO_CHECK_OK(co_await ApplyAll(std::move(change), changes));
  dependencies_.logger.Info("Rule retired", {{"study", study_id},
                                             {"rule", rule_id},
                                             {"version", last.version},
                                             {"by", context.principal->subject}});
  co_return Applied(last, changes.back());
}

Task<Result<std::vector<RuleVersion>>> RuleLogic::List(CallContext context,
                                                       std::string study_id,
                                                       std::string status) {
  VEDETTE_CO_TRY(auto versions,
                 co_await dependencies_.store.ListStudy(context.deadline, std::move(study_id)));
  std::erase_if(versions, [&](const RuleVersion& version) { return !HasStatus(version, status); });
  co_return versions;
}

Task<Result<RuleVersion>> RuleLogic::GetVersion(CallContext context,
                                                std::string study_id,
                                                std::string rule_id,
                                                std::int32_t number) {
  VEDETTE_CO_TRY(const auto versions,
                 co_await dependencies_.store.ListRule(context.deadline, std::move(study_id),
                                                       std::move(rule_id)));
  const RuleVersion* chosen = Chosen(versions, number);
  if (chosen == nullptr) co_return Fail(Code::kNotFound, "There is no such rule version.");
  co_return *chosen;
}

Task<Result<std::vector<RuleVersion>>> RuleLogic::GetVersions(CallContext context,
                                                              std::string study_id,
                                                              std::vector<std::string> ids) {
  co_return co_await dependencies_.store.GetVersions(context.deadline, std::move(study_id),
                                                     std::move(ids));
}

Task<Result<BacktestPlan>> RuleLogic::Plan(CallContext context,
                                           std::string study_id,
                                           BacktestOrder order) {
  VEDETTE_CO_TRY(auto catalog, co_await dependencies_.catalogs.Load(context, study_id));
  VEDETTE_CO_TRY(const auto versions,
                 co_await dependencies_.store.ListStudy(context.deadline, study_id));
  co_return PlanBacktest(std::move(order), std::move(catalog), versions);
}

Task<Result<Backtest>> RuleLogic::StartBacktest(CallContext context,
                                                std::string study_id,
                                                BacktestOrder order) {
  VEDETTE_CO_CHECK_OK(CheckWholeStudy(*context.principal, "rule.write", study_id));
  if (order.rule_id.empty() && order.envelope.empty()) {
    co_return FailField("ruleId", "is missing; give a kept rule or an envelope");
  }
  VEDETTE_CO_TRY(auto plan, co_await Plan(context, study_id, std::move(order)));
  if (plan.unblinding) {
    VEDETTE_CO_CHECK_OK(CheckWholeStudy(*context.principal, kSeeTreatment, study_id));
  }
  const Timestamp now = dependencies_.clock.Now();
  Backtest backtest{.id = NewUuid(now).ToString(),
                    .study_id = std::move(study_id),
                    .rule_id = plan.order.rule_id,
                    .version = plan.order.version,
                    .content_hash = plan.rule->content_hash(),
                    .as_known = plan.order.as_known,
                    .unblinding = plan.unblinding,
                    .started_by = context.principal->subject,
                    .started_at = now};
  VEDETTE_CO_TRY(backtest, co_await dependencies_.backtests.Start(
                               context.deadline, std::move(backtest), std::move(plan.order)));
  dependencies_.logger.Info(
      "Back-test started",
      {{"study", backtest.study_id}, {"rule", backtest.rule_id}, {"by", backtest.started_by}});
  co_return backtest;
}

Task<Result<Backtest>> RuleLogic::GetBacktest(CallContext context,
                                              std::string study_id,
                                              std::string id) {
  VEDETTE_CO_TRY(auto backtest,
                 co_await dependencies_.backtests.Get(context.deadline, study_id, std::move(id)));
  co_return Shown(*context.principal, std::move(backtest));
}

Backtest RuleLogic::Shown(const Principal& principal, Backtest backtest) const {
  BacktestReport& report = backtest.report;
  if (backtest.unblinding && !CoversStudy(principal, kSeeTreatment, backtest.study_id)) {
    report = {};
  }
  if (!CoversStudy(principal, "rule.read", backtest.study_id)) {
    report.by_site.clear();
    report.by_subject.clear();
    report.examples.clear();
    report.appear.clear();
    report.disappear.clear();
  }
  return backtest;
}

Task<Result<Backtest>> RuleLogic::CancelBacktest(CallContext context,
                                                 std::string study_id,
                                                 std::string id) {
  VEDETTE_CO_CHECK_OK(CheckWholeStudy(*context.principal, "rule.write", study_id));
  VEDETTE_CO_TRY(auto backtest, co_await dependencies_.backtests.Cancel(
                                    context.deadline, std::move(study_id), std::move(id)));
  co_return Shown(*context.principal, std::move(backtest));
}

Task<Status> RuleLogic::Watch(CallContext context, VersionSink& sink) {
  Watchers::Watch watch(watchers_);
  std::unordered_map<std::string, rules::ActivePeriod> told;
  bool complete = true;
  while (!watchers_.closed()) {
    const Deadline deadline =
        context.deadline.Earlier(Deadline::After(dependencies_.clock, kReadTimeout));
    VEDETTE_CO_TRY(auto versions, co_await dependencies_.store.ListAtWork(deadline));
    std::erase_if(versions, [&](const RuleVersion& version) {
      const auto [known, added] = told.try_emplace(version.version_id, version.period);
      return !added && std::exchange(known->second, version.period) == version.period;
    });
    if (complete || !versions.empty()) {
      if (!co_await sink.Write(complete, std::move(versions))) co_return Status{};
      complete = false;
    }
    co_await watch.Wait(dependencies_.clock.SteadyNow() + options_.poll_interval);
  }
  co_return Fail(Code::kUnavailable, "The rule service is stopping.");
}

}  // namespace vedette::rule
