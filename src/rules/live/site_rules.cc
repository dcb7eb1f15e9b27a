// SPDX-License-Identifier: Apache-2.0
#include "rules/live/site_rules.h"

#include <algorithm>

#include "rules/clinical/judge.h"
#include "rules/clinical/pools.h"
#include "rules/clinical/record.h"
#include "rules/live/digest.h"
#include "rules/live/engine.h"

namespace vedette::rules {
namespace {

bool OfSites(const Rule& rule) { return rule.definition().scope == EvaluationScope::kSite; }

// A subject of whom nothing is known: what conditions about sites are judged with.
struct NoSubject {
  explicit NoSubject(std::shared_ptr<const Catalog> catalog)
      : layout(std::move(catalog), {}), pools{&layout, &texts, &ranges}, record(&pools) {}

  RecordLayout layout;
  HashTextPool texts;
  HashRangeTable ranges;
  RecordPools pools;
  SubjectRecord record;
};

DetectedAlert AlertOf(const FoldedEpisode& episode, std::uint32_t rule, bool over) {
  DetectedAlert alert;
  alert.rule = rule;
  alert.started = episode.founding.time;
  alert.last = episode.last.time;
  alert.anchors = episode.anchors;
  switch (episode.state) {
    case Episode::State::kPending:
      alert.detection = Detection::kPending;
      return alert;
    case Episode::State::kFiring:
      alert.detection = Detection::kFiring;
      break;
    case Episode::State::kRecovering:
      alert.detection = Detection::kRecovering;
      break;
    case Episode::State::kResolved:
      alert.detection = Detection::kResolved;
      alert.resolved = episode.resolved;
      break;
  }
  alert.fired = episode.fired.time;
  alert.fired_item = kTimerItem;
  if (over && alert.detection != Detection::kResolved) {
    alert.detection = Detection::kInactive;
  }
  return alert;
}

}  // namespace

SiteRules::SiteRules(std::shared_ptr<const Catalog> catalog, std::vector<TimedRule> rules)
    : catalog_(std::move(catalog)), rules_(std::move(rules)), study_(catalog_) {
  for (std::uint32_t rule = 0; rule < rules_.size(); ++rule) {
    const EvaluationScope scope = rules_[rule].rule->definition().scope;
    if (scope == EvaluationScope::kSite || scope == EvaluationScope::kStudy) {
      judged_.push_back(rule);
    }
  }
}

Seconds SiteRules::NextMidnight(Seconds now) {
  const Seconds since = now % kDay;
  return now - (since < 0 ? since + kDay : since) + kDay;
}

SiteRules::State& SiteRules::StateOf(std::uint32_t rule, std::string_view site_id) {
  return states_.try_emplace({rule, std::string(site_id)}, rules_[rule].rule->definition())
      .first->second;
}

AnchorOutcome SiteRules::Judge(const Rule& rule,
                               const Anchor& anchor,
                               const FeatureContext& context) const {
  const NoSubject nobody(catalog_);
  const auto judge = [&](const Condition& condition) {
    std::vector<Slot> frame(std::max<std::size_t>(condition.frame_size(), 1));
    condition.Prepare(frame.data());
    return JudgeAnchor(condition, nobody.record, anchor, context, frame.data()).verdict;
  };
  const Truth when = judge(rule.when());
  if (when == Truth::kTrue) {
    return AnchorOutcome::kTrue;
  }
  const bool clear = rule.resolve_when() == nullptr ? when == Truth::kFalse
                                                    : judge(*rule.resolve_when()) == Truth::kTrue;
  return clear ? AnchorOutcome::kClear : AnchorOutcome::kNone;
}

void SiteRules::JudgeSite(std::uint32_t rule,
                          std::string_view site_id,
                          Seconds midnight,
                          const KriSource& rates,
                          std::vector<SiteTransition>* transitions) {
  const TimedRule& timed = rules_[rule];
  const bool over = midnight >= timed.until;
  if (midnight < timed.from || (over && !states_.contains({rule, std::string(site_id)}))) {
    return;
  }
  const RuleDefinition& definition = timed.rule->definition();
  const FeatureContext context{
      .study = &study_, .units = &definition.units, .kris = &rates, .site_id = site_id};
  const Anchor anchor{.time = midnight, .as_of = midnight, .now = midnight};
  State& state = StateOf(rule, site_id);
  if (!over) {
    state.folder.Add(
        {.time = midnight, .item = kTimerItem, .outcome = Judge(*timed.rule, anchor, context)});
  }
  std::vector<DetectedAlert> alerts;
  for (const FoldedEpisode& episode : state.folder.Episodes()) {
    DetectedAlert alert = AlertOf(episode, rule, over);
    alert.id = AlertId(catalog_->study_id, definition.rule_id, site_id, alert.started, 0);
    const auto known = std::ranges::find(state.alerts, alert.id, &DetectedAlert::id);
    if (known != state.alerts.end() && known->fired == alert.fired) {
      alert.digest = known->digest;
    } else if (alert.detection != Detection::kPending) {
      const NoSubject nobody(catalog_);
      alert.digest = EvidenceDigest(timed.rule->when().features(), nobody.record, anchor, context);
    }
    alerts.push_back(alert);
  }
  for (Transition& transition : Differences(state.alerts, alerts, 0, UINT32_MAX, midnight)) {
    transitions->push_back({std::string(site_id), std::move(transition)});
  }
  state.folder.DropFinished();
  std::erase_if(alerts, [](const DetectedAlert& alert) {
    return alert.detection == Detection::kResolved || alert.detection == Detection::kInactive;
  });
  // Alerts that are no episodes stay for ever: only the latest is compared with the next day.
  if (definition.dedupe != Dedupe::kEpisode && alerts.size() > 1) {
    alerts.erase(alerts.begin(), alerts.end() - 1);
  }
  if (definition.dedupe == Dedupe::kAnchor) {
    alerts.clear();
  }
  state.alerts = std::move(alerts);
  if (over) {
    states_.erase({rule, std::string(site_id)});
  }
}

void SiteRules::JudgeDay(Seconds midnight,
                         std::span<const std::string> sites,
                         const KriSource& rates,
                         std::vector<SiteTransition>* transitions) {
  for (const std::uint32_t rule : judged_) {
    if (!OfSites(*rules_[rule].rule)) {
      JudgeSite(rule, "", midnight, rates, transitions);
      continue;
    }
    for (const std::string& site : sites) {
      JudgeSite(rule, site, midnight, rates, transitions);
    }
  }
}

void SiteRules::Restore(std::string_view site_id, const DetectedAlert& alert) {
  const bool recovering = alert.detection == Detection::kRecovering;
  if (alert.rule >= rules_.size() || (!recovering && alert.detection != Detection::kFiring)) {
    return;
  }
  const auto at = [](Seconds time) { return EpisodeAnchor{.time = time, .item = kTimerItem}; };
  State& state = StateOf(alert.rule, site_id);
  state.folder.Resume({.founding = at(alert.started),
                       .fired = at(alert.fired),
                       .last = at(alert.last),
                       .anchors = alert.anchors,
                       .state = recovering ? Episode::State::kRecovering : Episode::State::kFiring,
                       .cleared = alert.last + kDay});
  state.alerts = {alert};
}

std::vector<DetectedAlert> SiteRules::Detected(std::string_view site_id) const {
  std::vector<DetectedAlert> detected;
  for (const auto& [place, state] : states_) {
    if (place.second == site_id) {
      detected.insert(detected.end(), state.alerts.begin(), state.alerts.end());
    }
  }
  return detected;
}

}  // namespace vedette::rules
