// SPDX-License-Identifier: Apache-2.0
#include "rules/live/testing/oracle.h"

#include <algorithm>

#include "rules/clinical/judge.h"
#include "rules/clinical/visit_schedule.h"
#include "rules/live/absence.h"
#include "rules/live/alert_id.h"
#include "rules/live/digest.h"
#include "rules/live/engine.h"
#include "rules/live/episode.h"
#include "rules/live/testing/plain_subject.h"

namespace vedette::rules::testing {
namespace {

AnchorOutcome Outcome(const Rule& rule,
                      const SubjectView& subject,
                      const Anchor& anchor,
                      const FeatureContext& context) {
  const Truth when = WalkAnchor(rule.when(), subject, anchor, context);
  if (when == Truth::kTrue) {
    return AnchorOutcome::kTrue;
  }
  const bool clear = rule.resolve_when() == nullptr ? when == Truth::kFalse
                                                    : WalkAnchor(*rule.resolve_when(), subject,
                                                                 anchor, context) == Truth::kTrue;
  return clear ? AnchorOutcome::kClear : AnchorOutcome::kNone;
}

struct OracleAnchor {
  Anchor anchor;
  Seconds received;
};

std::vector<OracleAnchor> AnchorsOf(const Rule& rule,
                                    const PlainSubject& subject,
                                    const CurrentChanges& current,
                                    Seconds now) {
  std::vector<OracleAnchor> anchors;
  const Seconds settle = rule.definition().settle;
  if (rule.definition().scope == EvaluationScope::kRow) {
    for (const FormRow& row : subject.Rows(rule.definition().each_form)) {
      anchors.push_back(
          {{.row = &row, .time = row.time, .key = row.key, .as_of = row.time + settle, .now = now},
           subject.ReceivedOfRow(row.key)});
    }
    return anchors;
  }
  for (const std::uint32_t item : rule.anchors()) {
    const auto series = subject.Series(item);
    for (std::uint32_t i = 0; i < series.size(); ++i) {
      anchors.push_back({{.item = item,
                          .index = i,
                          .time = series[i].time(),
                          .key = series[i].key(),
                          .as_of = series[i].time() + settle,
                          .now = now},
                         current.at({item, series[i].key()}).received});
    }
  }
  std::ranges::sort(anchors, {}, [](const OracleAnchor& one) {
    return std::tuple(one.anchor.time, one.anchor.key, one.anchor.item);
  });
  return anchors;
}

Detection DetectionOf(Episode::State state) {
  switch (state) {
    case Episode::State::kPending:
      return Detection::kPending;
    case Episode::State::kFiring:
      return Detection::kFiring;
    case Episode::State::kRecovering:
      return Detection::kRecovering;
    case Episode::State::kResolved:
      return Detection::kResolved;
  }
  return Detection::kInactive;
}

}  // namespace

void TakeOver(const Change& change, CurrentChanges* current) {
  if (change.kind == Change::Kind::kRemove) {
    current->erase({change.item, change.key});
  } else {
    current->insert_or_assign({change.item, change.key}, change);
  }
}

std::vector<Change> ListOf(const CurrentChanges& current) {
  std::vector<Change> list;
  for (const auto& [identity, change] : current) {
    list.push_back(change);
  }
  return list;
}

Oracle::Oracle(std::shared_ptr<const Catalog> catalog, std::vector<TimedRule> rules)
    : catalog_(std::move(catalog)), rules_(std::move(rules)), study_(catalog_) {}

Oracle::~Oracle() = default;

std::vector<DetectedAlert> Oracle::Detect(const CurrentChanges& current,
                                          std::string_view subject_id,
                                          Seconds now) const {
  const PlainSubject subject(catalog_, current);
  std::vector<DetectedAlert> detected;
  for (std::uint32_t index = 0; index < rules_.size(); ++index) {
    const Rule& rule = *rules_[index].rule;
    if (IsJudgedByTime(rule)) {
      continue;
    }
    const FeatureContext context{.study = &study_,
                                 .units = &rule.definition().units,
                                 .subject_id = subject_id,
                                 .site_id = "01"};
    std::vector<JudgedAnchor> judged;
    std::vector<Anchor> places;
    for (const OracleAnchor& one : AnchorsOf(rule, subject, current, now)) {
      const bool eligible =
          rules_[index].from <= one.received && one.received < rules_[index].until;
      if (!eligible || one.anchor.as_of > std::max(now, one.anchor.time)) {
        continue;
      }
      judged.push_back({one.anchor.time, one.anchor.key, one.anchor.item,
                        Outcome(rule, subject, one.anchor, context)});
      places.push_back(one.anchor);
    }
    for (const Episode& episode : FoldEpisodes(rule.definition(), judged)) {
      const bool pending = episode.state == Episode::State::kPending;
      const bool over = now >= rules_[index].until;
      if (pending && over) {
        continue;
      }
      DetectedAlert alert;
      alert.rule = index;
      alert.started = judged[episode.founding].time;
      alert.anchor_key = judged[episode.founding].key;
      alert.id = AlertId(catalog_->study_id, rule.definition().rule_id, subject_id, alert.started,
                         alert.anchor_key);
      if (!pending) {
        alert.fired = judged[episode.fired].time;
        alert.fired_key = judged[episode.fired].key;
        alert.fired_item = judged[episode.fired].item;
        alert.digest =
            EvidenceDigest(rule.when().features(), subject, places[episode.fired], context);
      }
      alert.last = judged[episode.last].time;
      alert.anchors = episode.anchors;
      alert.detection = DetectionOf(episode.state);
      if (alert.detection == Detection::kResolved) {
        alert.resolved = episode.resolved;
      } else if (over) {
        alert.detection = Detection::kInactive;
      }
      detected.push_back(alert);
    }
  }
  return detected;
}

std::string Oracle::CheckAbsences(const CurrentChanges& current,
                                  std::string_view subject_id,
                                  Seconds now,
                                  std::span<const DetectedAlert> found) const {
  const PlainSubject subject(catalog_, current);
  for (std::uint32_t index = 0; index < rules_.size(); ++index) {
    const Rule& rule = *rules_[index].rule;
    if (!IsJudgedByTime(rule)) {
      continue;
    }
    const FeatureContext context{.study = &study_,
                                 .units = &rule.definition().units,
                                 .subject_id = subject_id,
                                 .site_id = "01"};
    std::vector<Anchor> anchors;
    const EvaluationScope scope = rule.definition().scope;
    if (scope == EvaluationScope::kVisit) {
      for (const CatalogVisit& visit : catalog_->visits) {
        if (TimesOf(visit, subject)) {
          anchors.push_back({.visit = &visit, .key = AnchorKeyOf(visit.code)});
        }
      }
    } else if (scope == EvaluationScope::kRow) {
      for (const FormRow& row : subject.Rows(rule.definition().each_form)) {
        anchors.push_back({.row = &row, .time = row.time, .key = row.key});
      }
    } else {
      anchors.emplace_back();
    }
    const auto holds = [&](Anchor anchor, Seconds at) {
      anchor.now = at;
      anchor.time = anchor.row == nullptr ? at : anchor.time;
      anchor.as_of = anchor.time;
      return WalkAnchor(rule.when(), subject, anchor, context) == Truth::kTrue;
    };
    std::size_t expected = 0;
    for (const Anchor& anchor : anchors) {
      const bool open = holds(anchor, now);
      expected += open ? 1 : 0;
      const auto alert = std::ranges::find_if(found, [&](const DetectedAlert& one) {
        return one.rule == index && one.anchor_key == anchor.key;
      });
      if ((alert != found.end()) != open) {
        return rule.definition().rule_id + (open ? " is not raised" : " is raised wrongly");
      }
      if (!open) {
        continue;
      }
      const bool always = anchor.row != nullptr && holds(anchor, 0);
      if (always ? alert->fired != anchor.time
                 : !holds(anchor, alert->fired) || holds(anchor, alert->fired - 1)) {
        return rule.definition().rule_id + " does not begin when it is due";
      }
      if (anchor.row == nullptr ? alert->started != alert->fired : alert->started != anchor.time) {
        return rule.definition().rule_id + " is founded elsewhere";
      }
    }
    const auto given = std::ranges::count(found, index, &DetectedAlert::rule);
    if (static_cast<std::size_t>(given) != expected) {
      return rule.definition().rule_id + " has more alerts than anchors";
    }
  }
  return {};
}

}  // namespace vedette::rules::testing
