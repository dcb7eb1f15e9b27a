// SPDX-License-Identifier: Apache-2.0
#include "services/rule/logic.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/uuid.h"
#include "rules/compiled_rule.h"
#include "services/rule/policy.h"

namespace vedette::rule {
namespace {

constexpr std::chrono::seconds kReadTimeout(10);

}  // namespace

RuleLogic::RuleLogic(Dependencies dependencies, std::chrono::milliseconds poll_interval)
    : dependencies_(std::move(dependencies)), poll_interval_(poll_interval) {}

Status RuleLogic::CheckWholeStudy(const Principal& principal,
                                  const char* permission,
                                  const std::string& study_id) const {
  const auto sites = dependencies_.authorizer.Sites(principal, permission, study_id);
  if (std::ranges::find(sites, "*") != sites.end()) return {};
  return Fail(Code::kPermissionDenied, "A rule watches all sites of study " + study_id +
                                           ": this needs the permission " + permission +
                                           " on all of them; your role covers some.");
}

Task<Result<RuleVersion>> RuleLogic::CreateVersion(CallContext context, rules::RuleSpec spec) {
  VEDETTE_CO_CHECK_OK(CheckWholeStudy(*context.principal, "rule.write", spec.study_id));
  VEDETTE_CO_TRY(const auto dictionary,
                 co_await dependencies_.dictionaries.Load(context, spec.study_id));
  VEDETTE_CO_CHECK_OK(rules::Compile(spec, *dictionary));

  VEDETTE_CO_TRY(auto change,
                 co_await dependencies_.store.BeginChange(context.deadline, spec.study_id,
                                                          spec.rule_id, dependencies_.clock.Now()));
  RuleVersion version{
      .spec = std::move(spec), .created_by = context.principal->subject, .created_at = change.at()};
  version.spec.version_id = NewUuid(change.at()).ToString();
  version.spec.version = change.versions().empty() ? 1 : change.versions().back().spec.version + 1;
  version.spec.content_hash = ContentHash(version.spec);
  VEDETTE_CO_CHECK_OK(co_await change.Add(version));
  VEDETTE_CO_CHECK_OK(co_await change.Commit());
  dependencies_.logger.Info("Rule version written", {{"study", version.spec.study_id},
                                                     {"rule", version.spec.rule_id},
                                                     {"version", version.spec.version},
                                                     {"by", version.created_by}});
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
  VEDETTE_CO_TRY(const auto changes, rule::Activate(change.versions(), number, change.at()));
  const RuleVersion chosen = *Chosen(change.versions(), number);
  if (changes.empty()) co_return chosen;
  VEDETTE_CO_CHECK_OK(co_await ApplyAll(std::move(change), changes));
  dependencies_.logger.Info("Rule activated", {{"study", study_id},
                                               {"rule", rule_id},
                                               {"version", chosen.spec.version},
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
                                             {"version", last.spec.version},
                                             {"by", context.principal->subject}});
  co_return Applied(last, changes.back());
}

Task<Result<std::vector<RuleVersion>>> RuleLogic::List(CallContext context,
                                                       std::string study_id,
                                                       std::optional<RuleStatus> status) {
  VEDETTE_CO_TRY(auto versions,
                 co_await dependencies_.store.ListStudy(context.deadline, std::move(study_id)));
  std::erase_if(versions, [&](const RuleVersion& version) {
    return status.has_value() && version.status != *status;
  });
  co_return versions;
}

Task<Result<std::vector<RuleVersion>>> RuleLogic::GetVersions(CallContext context,
                                                              std::string study_id,
                                                              std::vector<std::string> ids) {
  co_return co_await dependencies_.store.GetVersions(context.deadline, std::move(study_id),
                                                     std::move(ids));
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
      const auto [known, added] = told.try_emplace(version.spec.version_id, version.period);
      return !added && std::exchange(known->second, version.period) == version.period;
    });
    if (complete || !versions.empty()) {
      if (!co_await sink.Write(complete, std::move(versions))) co_return Status{};
      complete = false;
    }
    co_await watch.Wait(dependencies_.clock.SteadyNow() + poll_interval_);
  }
  co_return Fail(Code::kUnavailable, "The rule service is stopping.");
}

}  // namespace vedette::rule
