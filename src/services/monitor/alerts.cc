// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/alerts.h"

#include <algorithm>
#include <chrono>
#include <unordered_set>
#include <utility>

#include "kit/task/parallel.h"
#include "services/monitor/policy.h"

namespace vedette::monitor {
namespace {

constexpr std::string_view kReadAlerts = "alert.read";
constexpr std::string_view kReadEvents = "event.read";
constexpr std::string_view kSeeTreatment = "alert.unblinded";
constexpr std::int64_t kDefaultPage = 100;
constexpr std::int64_t kDefaultPoints = 1000;
constexpr std::size_t kRuleNamesKept = 10'000;
constexpr std::chrono::hours kRuleNameLifetime(1);
constexpr std::chrono::seconds kEnrichTimeout(10);
// Two clocks need not agree on the very moment.
constexpr std::chrono::milliseconds kJustAfter(2);

template <class Pick>
std::vector<std::string> Distinct(const Alerts& alerts, Pick pick) {
  std::vector<std::string> texts;
  std::unordered_set<std::string_view> seen;
  for (const auto& alert : alerts) {
    if (seen.insert(pick(*alert)).second) texts.push_back(pick(*alert));
  }
  return texts;
}

}  // namespace

AlertReader::AlertReader(Dependencies dependencies)
    : dependencies_(dependencies),
      rule_names_(dependencies.clock, kRuleNamesKept, kRuleNameLifetime) {}

ReaderScope AlertReader::ScopeOf(const Principal& principal, const std::string& study_id) const {
  ReaderScope scope{.sites = dependencies_.authorizer.Sites(principal, kReadAlerts, study_id)};
  scope.all = std::ranges::find(scope.sites, "*") != scope.sites.end();
  scope.unblinded =
      dependencies_.authorizer.Check(principal, kSeeTreatment, study_id, "*").has_value();
  return scope;
}

Task<Result<AlertPage>> AlertReader::List(CallContext context,
                                          AlertQuery query,
                                          std::string site_id) {
  query.scope = ScopeOf(*context.principal, query.study_id);
  if (!site_id.empty()) {
    VEDETTE_CO_CHECK_OK(
        dependencies_.authorizer.Check(*context.principal, kReadAlerts, query.study_id, site_id));
    query.scope.all = site_id == "*";
    query.scope.sites.assign(1, std::move(site_id));
  }
  const std::int64_t wanted = query.limit == 0 ? kDefaultPage : query.limit;
  query.limit = wanted + 1;  // one more shows whether there is a next page
  std::string study_id = query.study_id;
  VEDETTE_CO_TRY(Alerts alerts,
                 co_await dependencies_.store.ListAlerts(context.deadline, std::move(query)));
  AlertPage page;
  if (alerts.size() > static_cast<std::size_t>(wanted)) {
    alerts.pop_back();
    page.next_before = alerts.back()->sequence;
  }
  VEDETTE_CO_TRY(page.alerts,
                 co_await Enrich(std::move(context), std::move(study_id), std::move(alerts)));
  co_return page;
}

Task<Result<std::shared_ptr<const AlertRecord>>> AlertReader::Find(const CallContext& context,
                                                                   std::string study_id,
                                                                   std::string alert_id) {
  const auto id = Uuid::Parse(alert_id);
  if (!id) co_return FailField("alertId", "is not a UUID");
  VEDETTE_CO_TRY(auto alert,
                 co_await dependencies_.store.GetAlert(context.deadline, study_id, *id));
  VEDETTE_CO_CHECK_OK(dependencies_.authorizer.Check(*context.principal, kReadAlerts, study_id,
                                                     alert->covering_site()));
  if (alert->unblinding && !ScopeOf(*context.principal, study_id).unblinded) {
    co_return Fail(Code::kNotFound, "The study has no such alert.");
  }
  co_return alert;
}

Task<Result<EnrichedAlert>> AlertReader::Get(CallContext context,
                                             std::string study_id,
                                             std::string alert_id) {
  VEDETTE_CO_TRY(auto alert, co_await Find(context, study_id, std::move(alert_id)));
  VEDETTE_CO_TRY(auto enriched, co_await Enrich(std::move(context), std::move(study_id),
                                                Alerts(1, std::move(alert))));
  co_return std::move(enriched.front());
}

Task<Result<AlertDetail>> AlertReader::GetDetail(CallContext context,
                                                 std::string study_id,
                                                 std::string alert_id) {
  VEDETTE_CO_TRY(const auto alert, co_await Find(context, study_id, std::move(alert_id)));
  AlertDetail detail;
  VEDETTE_CO_TRY(detail.evidence,
                 co_await dependencies_.store.ReadEvidence(context.deadline, alert));
  VEDETTE_CO_TRY(detail.trail, co_await dependencies_.store.ReadTrail(context.deadline, alert->id));
  VEDETTE_CO_TRY(auto names, co_await NamesOfRules(context, study_id, {alert->rule_version_id}));
  if (const auto name = names.find(alert->rule_version_id); name != names.end()) {
    detail.evidence.set_plain_words(name->second.plain_words);
    detail.evidence.set_plain_words_zh(name->second.plain_words_zh);
  }
  VEDETTE_CO_TRY(auto enriched,
                 co_await Enrich(std::move(context), std::move(study_id), Alerts(1, alert)));
  detail.alert = std::move(enriched.front());
  co_return detail;
}

Task<Result<AlertSummary>> AlertReader::Summarize(CallContext context, std::string study_id) {
  ReaderScope scope = ScopeOf(*context.principal, study_id);
  co_return co_await dependencies_.store.Summarize(context.deadline, std::move(study_id),
                                                   std::move(scope));
}

Task<Result<SubjectSeries>> AlertReader::Series(CallContext context,
                                                std::string study_id,
                                                std::string subject_id,
                                                std::string item,
                                                std::int64_t limit) {
  VEDETTE_CO_TRY(const auto subjects,
                 co_await dependencies_.peers.Subjects(context, study_id, {subject_id}));
  const auto subject = subjects.find(subject_id);
  if (subject == subjects.end()) co_return Fail(Code::kNotFound, "The study has no such subject.");
  VEDETTE_CO_CHECK_OK(dependencies_.authorizer.Check(*context.principal, kReadEvents, study_id,
                                                     subject->second.site_id));
  SubjectSeries series{.subject_number = subject->second.number};
  const bool unblinded = ScopeOf(*context.principal, study_id).unblinded;
  VEDETTE_CO_TRY(const auto dictionary, co_await dependencies_.dictionaries.Get(context, study_id));
  const ItemDefinition* definition = dictionary->Find(item);
  if (definition != nullptr && definition->unblinding && !unblinded) {
    co_return Fail(Code::kPermissionDenied, "Item " + item +
                                                " tells the treatment; your role lacks the "
                                                "permission alert.unblinded on all sites.");
  }
  for (const auto& rule : dependencies_.rules.AtWork(study_id, dependencies_.clock.Now())) {
    if (unblinded || !rule->facts().unblinding) AddThresholds(*rule, item, &series.thresholds);
  }
  VEDETTE_CO_TRY(auto read, co_await dependencies_.store.ReadSeries(
                                context.deadline, std::move(study_id), std::move(subject_id),
                                std::move(item), unblinded, limit == 0 ? kDefaultPoints : limit));
  series.unit = std::move(read.unit);
  series.points = std::move(read.points);
  co_return series;
}

Task<Status> AlertReader::Watch(CallContext context,
                                std::string study_id,
                                std::int64_t after,
                                AlertSink& sink) {
  const auto soon = [&] {
    return context.deadline.Earlier(Deadline::After(dependencies_.clock, kEnrichTimeout));
  };
  VEDETTE_CO_TRY(const auto subscription,
                 co_await dependencies_.feed.Subscribe(
                     soon(), study_id, ScopeOf(*context.principal, study_id), after));
  if (!co_await sink.Accept()) co_return Status{};
  const Timestamp expires_at = context.principal->expires_at;
  const Deadline limit =
      expires_at == Timestamp::max()
          ? context.deadline
          : context.deadline.Earlier(Deadline::After(
                dependencies_.clock, expires_at - dependencies_.clock.Now() + kJustAfter));
  while (true) {
    auto next = co_await subscription->Next(limit);
    if (dependencies_.clock.Now() >= expires_at) {
      co_return Fail(Code::kUnauthenticated, "Your sign-in has expired; sign in again.");
    }
    VEDETTE_CO_TRY(Alerts alerts, std::move(next));
    CallContext lookup = context;
    lookup.deadline = soon();
    VEDETTE_CO_TRY(auto enriched, co_await Enrich(std::move(lookup), study_id, std::move(alerts)));
    for (EnrichedAlert& alert : enriched) {
      if (!co_await sink.Write(std::move(alert))) co_return Status{};
    }
  }
}

Task<Result<StringMap<RuleNames>>> AlertReader::NamesOfRules(CallContext context,
                                                             std::string study_id,
                                                             std::vector<std::string> version_ids) {
  StringMap<RuleNames> names;
  std::vector<std::string> missing;
  for (std::string& id : version_ids) {
    if (auto known = rule_names_.Get(id)) {
      names.emplace(std::move(id), *std::move(known));
    } else {
      missing.push_back(std::move(id));
    }
  }
  if (missing.empty()) co_return names;
  VEDETTE_CO_TRY(const auto read, co_await dependencies_.peers.NamesOfRules(
                                      std::move(context), std::move(study_id), std::move(missing)));
  for (const auto& [id, name] : read) {
    rule_names_.Put(id, name);
    names.emplace(id, name);
  }
  co_return names;
}

Task<Result<std::vector<EnrichedAlert>>> AlertReader::Enrich(CallContext context,
                                                             std::string study_id,
                                                             Alerts alerts) {
  std::vector<EnrichedAlert> enriched;
  if (alerts.empty()) co_return enriched;
  auto subject_ids = Distinct(
      alerts, [](const AlertRecord& alert) -> const std::string& { return alert.subject_id; });
  auto version_ids = Distinct(
      alerts, [](const AlertRecord& alert) -> const std::string& { return alert.rule_version_id; });
  auto [subjects, names] =
      co_await WhenAll(dependencies_.peers.Subjects(context, study_id, std::move(subject_ids)),
                       NamesOfRules(context, study_id, std::move(version_ids)));
  if (!subjects) co_return std::unexpected(std::move(subjects).error());
  if (!names) co_return std::unexpected(std::move(names).error());
  const Timestamp now = dependencies_.clock.Now();
  VEDETTE_CO_TRY(const auto silences,
                 co_await dependencies_.store.Silences(context.deadline, study_id, now));
  enriched.reserve(alerts.size());
  for (auto& alert : alerts) {
    EnrichedAlert& one = enriched.emplace_back();
    // A subject or rule that was removed since leaves its alert without a name, but readable.
    if (const auto subject = subjects->find(alert->subject_id); subject != subjects->end()) {
      one.subject_name = subject->second.name;
    }
    if (const auto name = names->find(alert->rule_version_id); name != names->end()) {
      one.rule_name = name->second.name;
      one.rule_name_zh = name->second.name_zh;
    }
    for (const Silence& silence : silences) {
      if (!Silences(silence, *alert, now)) continue;
      one.silenced_until = std::max(one.silenced_until.value_or(silence.until), silence.until);
    }
    one.alert = std::move(alert);
  }
  co_return enriched;
}

}  // namespace vedette::monitor
