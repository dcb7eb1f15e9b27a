// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "rules/live/absence.h"
#include "rules/live/alert_id.h"
#include "rules/live/digest.h"
#include "rules/live/subject_work.h"

namespace vedette::rules {

// What the touches leave of the last search: verdicts at times before all of them. Without them
// nothing has changed.
EarlierAbsences SubjectWork::WhatWasFound(std::uint32_t rule, bool touched) const {
  EarlierAbsences earlier{.alerts = {}, .unchanged_before = INT64_MAX};
  if (const RuleState* state = state_.Find(rule); state != nullptr) {
    earlier.alerts = state->alerts;
    if (state->timer != TimerWheel::kNone && state->timer_due <= now_) {
      earlier.unchanged_before = INT64_MIN;  // the time between has not been looked at
    }
  }
  if (touched) {
    for (const Touch& touch : space_.touches) {
      if (const ItemUse* use = UseOf(rule, touch.item); use != nullptr) {
        earlier.unchanged_before =
            std::min(earlier.unchanged_before, use->reach.all ? INT64_MIN : touch.time);
      }
    }
  }
  return earlier;
}

// Whether all touches lie after what any row of the rule sees, and no time has come since.
bool SubjectWork::NoRowSees(std::uint32_t rule) const {
  const PlannedRule& planned = plan_.rules[rule];
  if (planned.definition->scope != EvaluationScope::kRow) {
    return false;
  }
  const auto rows = state_.record.Rows(planned.definition->each_form);
  const Seconds touched = WhatWasFound(rule, true).unchanged_before;
  return touched != INT64_MIN && (rows.empty() || rows.back().time + planned.settle < touched);
}

void SubjectWork::FollowAbsences(std::uint32_t rule, const Touch* cause) {
  if (cause != nullptr && NoRowSees(rule)) {
    return;
  }
  const PlannedRule& planned = plan_.rules[rule];
  const Seconds from = planned.timed.from;
  const Seconds until = planned.timed.until;
  std::vector<DetectedAlert> alerts;
  std::optional<Seconds> next;
  if (now_ < from) {
    next = from;
  } else {
    const FeatureContext context = Context(rule);
    const Rule& compiled = *planned.timed.rule;
    const Seconds now = std::min(now_, until - 1);
    ++space_.evaluations;
    ++space_.statistics[rule].evaluations;
    const EarlierAbsences earlier = WhatWasFound(rule, cause != nullptr);
    for (const Absence& absence :
         FindAbsences(compiled, state_.record, context, now, &next, earlier)) {
      DetectedAlert alert;
      alert.id = AlertId(plan_.catalog->study_id, planned.definition->rule_id, subject_id_,
                         absence.started, absence.key);
      alert.rule = rule;
      alert.started = absence.started;
      alert.anchor_key = absence.key;
      alert.fired = std::max(absence.due + planned.definition->for_, from);
      alert.fired_key = absence.key;
      alert.fired_item = kTimerItem;
      alert.last = alert.fired;
      alert.anchors = 1;
      alert.detection = alert.fired > now ? Detection::kPending : Detection::kFiring;
      const auto before = std::ranges::find(earlier.alerts, alert.id, &DetectedAlert::id);
      const bool same_evidence = planned.definition->scope != EvaluationScope::kRow &&
                                 absence.due < earlier.unchanged_before &&
                                 before != earlier.alerts.end();
      alert.digest = same_evidence ? before->digest
                                   : EvidenceDigest(compiled.when().features(), state_.record,
                                                    absence.anchor, context);
      if (alert.detection == Detection::kPending) {
        next = next ? std::min(*next, alert.fired) : alert.fired;
      } else {
        ++space_.statistics[rule].fired;
      }
      if (EndOfTime(rule)) {
        if (alert.detection == Detection::kPending) {
          continue;
        }
        alert.detection = Detection::kInactive;
      }
      alerts.push_back(alert);
    }
    if (EndOfTime(rule) || (next && *next >= until)) {
      next.reset();
    }
  }
  std::ranges::sort(alerts, {}, [](const DetectedAlert& alert) {
    return std::pair(alert.started, alert.anchor_key);
  });
  if (alerts.empty() && !next && state_.Find(rule) == nullptr) {
    return;
  }
  Replace(rule, &state_.Rule(rule), 0, std::move(alerts), cause);
  ArmTimer(rule, next);
}

void SubjectWork::ArmTimer(std::uint32_t rule, std::optional<Seconds> due) {
  RuleState& state = state_.Rule(rule);
  if (state.timer != TimerWheel::kNone) {
    if (due && *due == state.timer_due) {
      return;
    }
    space_.timers.Cancel(state.timer);
    state.timer = TimerWheel::kNone;
  }
  if (due) {
    state.timer = space_.timers.Add(*due, (std::uint64_t{handle_} << 32) | rule);
    state.timer_due = *due;
  }
}

// For the earliest anchor that still waits; none does before the mark.
void SubjectWork::ArmWaiting(std::uint32_t rule, std::uint32_t from) {
  const RuleState& state = state_.Rule(rule);
  std::optional<Seconds> due;
  for (std::uint32_t i = from; i < state.marks.size(); ++i) {
    if (state.marks[i].outcome() == AnchorMark::kWaiting) {
      due = state.marks[i].time() + plan_.rules[rule].settle;
      break;
    }
  }
  ArmTimer(rule, due);
}

void SubjectWork::OnTimer(std::uint32_t rule) {
  RuleState& state = state_.Rule(rule);
  const PlannedRule& planned = plan_.rules[rule];
  if (planned.kind == PlannedRule::Kind::kTime) {
    FollowAbsences(rule, nullptr);
    return;
  }
  BeginStep();
  // The timer was for the earliest that waits.
  const Seconds earliest = state.timer_due - planned.settle;
  std::vector<AnchorMark> due;
  for (std::uint32_t i = FirstMark(state, earliest); i < state.marks.size(); ++i) {
    const AnchorMark& mark = state.marks[i];
    if (mark.time() + planned.settle > now_) {
      break;
    }
    if (mark.outcome() == AnchorMark::kWaiting) {
      due.push_back(mark);
    }
  }
  for (const AnchorMark& mark : due) {
    if (planned.kind == PlannedRule::Kind::kRows) {
      for (const FormRow& row : state_.record.Rows(planned.definition->each_form)) {
        if (row.key == mark.key() && row.time == mark.time()) {
          JudgeRow(rule, row);
        }
      }
      continue;
    }
    const auto series = state_.record.Series(mark.item());
    JudgeSeriesAnchor(rule, mark.item(), SubjectRecord::Position(series, mark.time(), mark.key()));
  }
  ArmWaiting(rule, FirstMark(state, earliest));
  if (!due.empty() && !state.silent()) {
    Fold(rule, nullptr, space_.changed_from);
  }
}

void SubjectWork::Refresh(std::uint32_t rule) {
  if (plan_.rules[rule].kind == PlannedRule::Kind::kTime) {
    FollowAbsences(rule, nullptr);
  } else if (RuleState* state = state_.Find(rule); state != nullptr && !state->silent()) {
    BeginStep();
    Fold(rule, nullptr, INT64_MIN);
  }
}

}  // namespace vedette::rules
