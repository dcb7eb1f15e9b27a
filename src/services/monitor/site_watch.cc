// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/site_watch.h"

#include <algorithm>
#include <utility>

#include "rules/clinical/pools.h"
#include "services/monitor/subject_history.h"

namespace vedette::monitor {
namespace {

bool HasDaily(const RuleGroup& group) {
  return std::ranges::any_of(
      group.rules, [](const rules::TimedRule& timed) { return rules::IsJudgedDaily(*timed.rule); });
}

rules::Seconds DayOf(rules::Seconds time) { return time - time % rules::kDay; }

// The alerts of this group's rules.
std::vector<rules::SiteAlert> OfGroup(const std::vector<AlertOnFile>& on_file,
                                      const std::vector<rules::TimedRule>& rules) {
  std::vector<rules::SiteAlert> alerts;
  for (const AlertOnFile& file : on_file) {
    const auto rule = std::ranges::find(rules, file.rule_version_id, &rules::TimedRule::version_id);
    if (rule == rules.end()) continue;
    rules::SiteAlert& alert = alerts.emplace_back(file.site_id, file.alert);
    alert.alert.rule = static_cast<std::uint32_t>(rule - rules.begin());
    alert.alert.fired_item = UINT32_MAX;
  }
  return alerts;
}

bool Fires(rules::TransitionKind kind) {
  return kind == rules::TransitionKind::kRaised || kind == rules::TransitionKind::kFiringAgain;
}

}  // namespace

SiteWatch::Group::Group(const RuleGroup& of)
    : rules(of),
      context(of.catalog),
      items(rules::ItemsOfKris(*of.catalog)),
      layout(of.catalog, items),
      sums(of.catalog->kris.size()) {}

void SiteWatch::Begin(const RuleBook::Studies& rules, bool kept) {
  for (auto& [id, study] : studies_) {
    if (std::exchange(study.touched, false) && !kept) {
      study.counting.reset();
      study.due = 0;
    }
  }
  for (const auto& [id, study_rules] : rules) {
    Study& study = studies_[id];
    if (study.rules == study_rules) continue;
    study.rules = study_rules;
    study.groups.clear();
    study.counting.reset();
    for (const RuleGroup& group : study_rules->groups) {
      if (HasDaily(group)) study.groups.push_back(std::make_unique<Group>(group));
    }
    study.due = study.groups.empty() ? INT64_MAX : 0;
  }
}

rules::Seconds SiteWatch::NextDue() const {
  rules::Seconds due = INT64_MAX;
  for (const auto& [id, study] : studies_) due = std::min(due, study.due);
  return due;
}

Task<Result<Findings>> SiteWatch::Advance(db::Transaction& transaction,
                                          Timestamp now,
                                          std::int64_t limit) {
  const rules::Seconds second = ToSeconds(now);
  for (auto& [id, study] : studies_) {
    if (study.groups.empty() || study.due > second) continue;
    study.touched = true;
    const rules::Seconds day = DayOf(second);
    if (study.counting != day) {
      study.counting = day;
      study.counted.clear();
      study.sites.clear();
      for (const auto& group : study.groups) {
        group->sums = rules::KriSums(group->rules.catalog->kris.size());
      }
    }
    VEDETTE_CO_TRY(const auto subjects,
                   co_await ListSubjects(transaction, id, study.counted, limit));
    VEDETTE_CO_CHECK_OK(co_await Count(transaction, study, subjects));
    if (std::ssize(subjects) == limit) {
      study.counted = subjects.back().id;
      co_return Findings{};
    }
    co_return co_await Judge(transaction, study, second);
  }
  co_return Findings{};
}

Task<Status> SiteWatch::Count(db::Transaction& transaction,
                              Study& study,
                              const std::vector<LoggedSubject>& subjects) {
  for (std::size_t begin = 0; begin < subjects.size(); begin += kSubjectsAtOnce) {
    const std::size_t end = std::min(begin + kSubjectsAtOnce, subjects.size());
    std::vector<std::string> ids;
    for (std::size_t i = begin; i < end; ++i) {
      ids.push_back(subjects[i].id);
      study.sites.insert(subjects[i].site_id);
    }
    for (const auto& group : study.groups) {
      VEDETTE_CO_TRY(const auto observations,
                     co_await ReadObservations(transaction, study.rules->study_id, ids,
                                               group->rules.catalog, group->items));
      rules::HashTextPool texts;
      rules::HashRangeTable ranges;
      const rules::RecordPools pools{.layout = &group->layout, .texts = &texts, .ranges = &ranges};
      for (std::size_t i = begin; i < end; ++i) {
        rules::SubjectRecord record(&pools);
        if (const auto of = observations.find(subjects[i].id); of != observations.end()) {
          for (const rules::Change& change : of->second) record.Apply(change);
        }
        group->sums.AddSubject(record, subjects[i].site_id, *study.counting);
      }
    }
  }
  co_return Status{};
}

Task<Result<Findings>> SiteWatch::Judge(db::Transaction& transaction,
                                        Study& study,
                                        rules::Seconds now) {
  const rules::Seconds day = *study.counting;
  // Alerts of sites and of the study have no subject.
  VEDETTE_CO_TRY(auto on_file, co_await ReadAlertsOnFile(transaction, study.rules->study_id,
                                                         std::vector<std::string>(1)));
  const std::vector<std::string> sites(study.sites.begin(), study.sites.end());
  Findings findings;
  study.due = day + rules::kDay;
  for (const auto& group : study.groups) {
    const std::vector<rules::TimedRule>& rules = group->rules.rules;
    const rules::KriTable kris(*group->rules.catalog, group->sums);
    const rules::SiteDay moment{.study = group->context, .kris = kris, .day = day, .now = now};
    for (rules::SiteTransition& one : rules::JudgeSites(
             moment, rules, sites, OfGroup(on_file[std::string()], rules), &study.runs)) {
      Finding finding{.rule = rules[one.transition.alert.rule],
                      .catalog = group->rules.catalog,
                      .study_id = study.rules->study_id,
                      .subject = {.site_id = one.site_id}};
      if (Fires(one.transition.kind)) {
        const rules::Rule& rule = *finding.rule.rule;
        finding.evidence =
            rules::Explain(rule, rules::Nobody(*group->rules.catalog), rules::AnchorOf(moment),
                           rules::ContextOf(moment, rule, one.site_id));
      }
      finding.transition = std::move(one.transition);
      findings.push_back(std::move(finding));
    }
    for (const rules::TimedRule& timed : rules) {
      if (!rules::IsJudgedDaily(*timed.rule)) continue;
      if (timed.from > now) study.due = std::min(study.due, timed.from);
      if (timed.until > now) study.due = std::min(study.due, timed.until);
    }
  }
  study.counting.reset();
  co_return findings;
}

}  // namespace vedette::monitor
