// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "rules/live/absence.h"
#include "rules/live/alert_id.h"
#include "rules/live/digest.h"
#include "rules/live/subject_work.h"

namespace vedette::rules {

void SubjectWork::FollowAbsences(std::uint32_t rule, const Touch* cause) {
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
    for (const Absence& absence : FindAbsences(compiled, state_.record, context, now, &next)) {
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
      alert.digest =
          EvidenceDigest(compiled.when().features(), state_.record, absence.anchor, context);
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
  Replace(rule, &state_.Rule(rule), std::move(alerts), cause);
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

// For the earliest anchor that still waits.
void SubjectWork::ArmWaiting(std::uint32_t rule) {
  const RuleState& state = state_.Rule(rule);
  std::optional<Seconds> due;
  for (const AnchorMark& mark : state.marks) {
    if (mark.outcome() == AnchorMark::kWaiting) {
      due = mark.time() + plan_.rules[rule].settle;
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
  space_.judged_true.clear();
  std::vector<AnchorMark> due;
  for (const AnchorMark& mark : state.marks) {
    if (mark.outcome() == AnchorMark::kWaiting && mark.time() + planned.settle <= now_) {
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
  ArmWaiting(rule);
  if (!due.empty() && !state.silent()) {
    Fold(rule, nullptr);
  }
}

void SubjectWork::Refresh(std::uint32_t rule) {
  if (plan_.rules[rule].kind == PlannedRule::Kind::kTime) {
    FollowAbsences(rule, nullptr);
  } else if (RuleState* state = state_.Find(rule); state != nullptr && !state->silent()) {
    space_.judged_true.clear();
    Fold(rule, nullptr);
  }
}

}  // namespace vedette::rules
