// SPDX-License-Identifier: Apache-2.0
#include "rules/live/subject_work.h"

#include <algorithm>

#include "rules/live/absence.h"
#include "rules/live/alert_id.h"
#include "rules/live/digest.h"

namespace vedette::rules {
namespace {

std::vector<Slot> FrameOf(const Condition* condition) {
  std::vector<Slot> frame;
  if (condition != nullptr) {
    frame.resize(std::max<std::size_t>(condition->frame_size(), 1));
    condition->Prepare(frame.data());
  }
  return frame;
}

std::uint32_t FirstAtOrAfter(std::span<const Observation> series, Seconds time) {
  if (series.empty() || series.back().time() < time) {
    return static_cast<std::uint32_t>(series.size());
  }
  return static_cast<std::uint32_t>(
      std::lower_bound(series.begin(), series.end(), time,
                       [](const Observation& o, Seconds t) { return o.time() < t; }) -
      series.begin());
}

}  // namespace

WorkSpace::WorkSpace(const EnginePlan& plan)
    : statistics(plan.rules.size()), followed(plan.rules.size(), 0) {
  for (const PlannedRule& rule : plan.rules) {
    when_frames.push_back(FrameOf(&rule.timed.rule->when()));
    clear_frames.push_back(FrameOf(rule.timed.rule->resolve_when()));
  }
}

FeatureContext SubjectWork::Context(std::uint32_t rule) const {
  return {.study = &plan_.study,
          .units = &plan_.rules[rule].definition->units,
          .kris = nullptr,
          .subject_id = subject_id_,
          .site_id = site_id_};
}

Anchor SubjectWork::SeriesAnchor(std::uint32_t rule,
                                 std::uint32_t item,
                                 std::uint32_t index) const {
  const Observation& observation = state_.record.Series(item)[index];
  return {.item = item,
          .index = index,
          .time = observation.time(),
          .key = observation.key(),
          .as_of = observation.time() + plan_.rules[rule].settle,
          .now = now_};
}

Anchor SubjectWork::RowAnchor(std::uint32_t rule, const FormRow& row) const {
  return {.row = &row,
          .time = row.time,
          .key = row.key,
          .as_of = row.time + plan_.rules[rule].settle,
          .now = now_};
}

SubjectWork::Outcome SubjectWork::Judge(std::uint32_t rule, const Anchor& anchor) {
  const Rule& compiled = *plan_.rules[rule].timed.rule;
  const FeatureContext context = Context(rule);
  const auto judge = [&](const Condition& condition, std::vector<Slot>& frame) {
    const Judgement judgement =
        JudgeAnchor(condition, state_.record, anchor, context, frame.data());
    ++space_.evaluations;
    space_.fallbacks += judgement.walked ? 1 : 0;
    space_.unknown += judgement.verdict == Truth::kUnknown ? 1 : 0;
    return judgement.verdict;
  };
  Engine::RuleStatistics& statistics = space_.statistics[rule];
  const Truth when = judge(compiled.when(), space_.when_frames[rule]);
  ++statistics.evaluations;
  statistics.fired += when == Truth::kTrue ? 1 : 0;
  statistics.unknown += when == Truth::kUnknown ? 1 : 0;
  if (when == Truth::kTrue) {
    return Outcome::kTrue;
  }
  if (compiled.resolve_when() == nullptr) {
    return when == Truth::kFalse ? Outcome::kClear : Outcome::kNone;
  }
  return judge(*compiled.resolve_when(), space_.clear_frames[rule]) == Truth::kTrue
             ? Outcome::kClear
             : Outcome::kNone;
}

bool SubjectWork::MayJudge(std::uint32_t rule, const AnchorMark& place) const {
  const RuleState* state = state_.rules[rule].get();
  if (state == nullptr) {
    return true;
  }
  const std::uint32_t found = state->Find(place);
  if (found == state->marks.size()) {
    return true;
  }
  const AnchorMark::Outcome outcome = state->marks[found].outcome();
  return outcome != AnchorMark::kIneligible &&
         !(outcome == AnchorMark::kWaiting && place.time() + plan_.rules[rule].settle > now_);
}

bool SubjectWork::Admit(std::uint32_t rule, AnchorMark place, Seconds received) {
  const PlannedRule& planned = plan_.rules[rule];
  const bool eligible = planned.JudgesReceived(received);
  if (eligible && (planned.settle == 0 || place.time() + planned.settle <= now_)) {
    return true;
  }
  state_.Rule(rule).Set(AnchorMark(place.time(), place.key(), place.item(),
                                   eligible ? AnchorMark::kWaiting : AnchorMark::kIneligible));
  return false;
}

bool SubjectWork::Note(std::uint32_t rule, const AnchorMark& place, Outcome outcome) {
  RuleState* state = state_.rules[rule].get();
  if (outcome == Outcome::kClear) {
    return state != nullptr && state->Clear(place);
  }
  const AnchorMark mark(place.time(), place.key(), place.item(),
                        outcome == Outcome::kTrue ? AnchorMark::kTrue : AnchorMark::kNone);
  if (outcome == Outcome::kTrue) {
    space_.judged_true.push_back(mark);
  }
  return state_.Rule(rule).Set(mark);
}

bool SubjectWork::JudgeSeriesAnchor(std::uint32_t rule, std::uint32_t item, std::uint32_t index) {
  const Anchor anchor = SeriesAnchor(rule, item, index);
  const AnchorMark place(anchor.time, anchor.key, item, AnchorMark::kNone);
  return MayJudge(rule, place) && Note(rule, place, Judge(rule, anchor));
}

bool SubjectWork::JudgeRow(std::uint32_t rule, const FormRow& row) {
  const AnchorMark place(row.time, row.key, UINT32_MAX, AnchorMark::kNone);
  return MayJudge(rule, place) && Note(rule, place, Judge(rule, RowAnchor(rule, row)));
}

bool SubjectWork::JudgeRange(std::uint32_t rule,
                             std::uint32_t item,
                             std::uint32_t from,
                             std::uint32_t end) {
  bool changed = false;
  for (std::uint32_t index = from; index < end; ++index) {
    changed = JudgeSeriesAnchor(rule, item, index) || changed;
  }
  return changed;
}

const ItemUse* SubjectWork::UseOf(std::uint32_t rule, std::uint32_t item) const {
  for (const ItemUse& use : plan_.uses[item]) {
    if (use.rule == rule) {
      return &use;
    }
  }
  return nullptr;
}

// The time of the last anchor of other series that the touch can affect; of its own series too,
// but for the observations after it that read it by position.
Seconds SubjectWork::EndOfReach(const Reach& reach, const Touch& touch, Seconds settle) const {
  Seconds end = touch.time - 1;
  if (reach.all || reach.onward) {
    return INT64_MAX;
  }
  if (reach.baseline) {
    const Observation* dose = plan_.study.first_dose() == UINT32_MAX
                                  ? nullptr
                                  : state_.record.Attribute(plan_.study.first_dose());
    if (dose != nullptr && static_cast<double>(touch.time) <= dose->value()) {
      return INT64_MAX;
    }
  }
  if (reach.window != Reach::kNoWindow) {
    end = std::max(end, touch.time + reach.window - settle);
  }
  if (reach.current) {
    // Until enough newer observations hide it.
    const auto series = state_.record.Series(touch.item);
    const std::uint32_t at = SubjectRecord::Position(series, touch.time, touch.key);
    const std::size_t hidden = std::size_t{at} + (touch.inserted ? 1 : 0) + reach.next;
    if (hidden >= series.size()) {
      return INT64_MAX;
    }
    end = std::max(end, series[hidden].time());
  }
  return end;
}

bool SubjectWork::FollowTouch(std::uint32_t rule, const ItemUse& use, const Touch& touch) {
  const PlannedRule& planned = plan_.rules[rule];
  const Reach& reach = use.reach;
  Seconds first = reach.all ? INT64_MIN : touch.time - planned.settle;
  if (state_.floor != INT64_MIN) {
    first = std::max(first, state_.floor - planned.settle);
  }
  bool changed = false;
  for (const std::uint32_t anchor : planned.anchors) {
    const auto series = state_.record.Series(anchor);
    if (series.empty() || (series.back().time() < first && anchor != touch.item)) {
      continue;
    }
    std::uint32_t from = FirstAtOrAfter(series, first);
    const auto size = static_cast<std::uint32_t>(series.size());
    std::uint32_t end = 0;
    if (anchor == touch.item && planned.settle == 0 && !reach.all) {
      // Its own series by position: an anchor sees nothing of its item after itself.
      const std::uint32_t at = SubjectRecord::Position(series, touch.time, touch.key);
      from = std::max(from, at);
      Reach by_time = reach;
      by_time.current = false;
      const Seconds last = EndOfReach(by_time, touch, 0);
      end = last == INT64_MAX ? size : FirstAtOrAfter(series, last + 1);
      const std::size_t behind = std::size_t{at} + (touch.inserted ? 1 : 0) + reach.next;
      end = std::max(end, static_cast<std::uint32_t>(std::min<std::size_t>(behind, size)));
    } else {
      const Seconds last = EndOfReach(reach, touch, planned.settle);
      end = last == INT64_MAX ? size : FirstAtOrAfter(series, last + 1);
    }
    changed = JudgeRange(rule, anchor, from, end) || changed;
  }
  return changed;
}

// Whether all that happened is one anchor after all others that is not true, and nothing is open.
bool SubjectWork::CanSkipFold(std::uint32_t rule, const RuleState& state) const {
  if (state.silent()) {
    return true;
  }
  const PlannedRule& planned = plan_.rules[rule];
  if (!space_.judged_true.empty() || space_.touches.size() != 1 || !space_.touches[0].inserted ||
      state.carry != nullptr || planned.settle > 0 ||
      planned.definition->dedupe != Dedupe::kEpisode) {
    return false;
  }
  const Touch& touch = space_.touches[0];
  const ItemUse* use = UseOf(rule, touch.item);
  if (use == nullptr || !use->anchor || use->reach.all) {
    return false;
  }
  for (const std::uint32_t anchor : planned.anchors) {
    const auto series = state_.record.Series(anchor);
    const bool is_touched = anchor == touch.item && !series.empty() &&
                            series.back().time() == touch.time && series.back().key() == touch.key;
    if (!is_touched && !series.empty() && series.back().time() >= touch.time) {
      return false;
    }
  }
  return std::ranges::all_of(state.alerts, [](const DetectedAlert& alert) {
    return alert.detection == Detection::kResolved;
  });
}

void SubjectWork::FollowSeriesRule(std::uint32_t rule) {
  space_.judged_true.clear();
  const PlannedRule& planned = plan_.rules[rule];
  const Touch* cause = nullptr;
  bool changed = false;
  bool waits = false;
  for (const Touch& touch : space_.touches) {
    const ItemUse* use = UseOf(rule, touch.item);
    if (use == nullptr) {
      continue;
    }
    cause = &touch;
    if (use->anchor && !touch.inserted) {
      changed = true;
      if (RuleState* state = state_.rules[rule].get(); state != nullptr) {
        state->Clear(AnchorMark(touch.time, touch.key, touch.item, AnchorMark::kNone));
      }
    }
  }
  for (const Touch& touch : space_.touches) {
    const ItemUse* use = UseOf(rule, touch.item);
    if (use == nullptr || !use->anchor || !touch.inserted) {
      continue;
    }
    const auto series = state_.record.Series(touch.item);
    const std::uint32_t at = SubjectRecord::Position(series, touch.time, touch.key);
    if (at < series.size() && series[at].time() == touch.time && series[at].key() == touch.key) {
      changed = true;
      const AnchorMark place(touch.time, touch.key, touch.item, AnchorMark::kNone);
      if (RuleState* state = state_.rules[rule].get(); state != nullptr) {
        state->Clear(place);
      }
      waits = !Admit(rule, place, touch.received) || waits;
    }
  }
  for (const Touch& touch : space_.touches) {
    if (const ItemUse* use = UseOf(rule, touch.item); use != nullptr) {
      changed = FollowTouch(rule, *use, touch) || changed;
    }
  }
  RuleState* state = state_.rules[rule].get();
  if (state == nullptr) {
    return;
  }
  if (waits && planned.settle > 0) {
    ArmWaiting(rule);
  }
  if ((changed || !space_.judged_true.empty()) && !CanSkipFold(rule, *state)) {
    Fold(rule, cause);
  }
}

void SubjectWork::FollowRows(std::uint32_t rule) {
  space_.judged_true.clear();
  const PlannedRule& planned = plan_.rules[rule];
  const auto rows = state_.record.Rows(planned.definition->each_form);
  const Touch* cause = nullptr;
  Seconds first = INT64_MAX;  // rows that see no further than before it stay as they are
  for (const Touch& touch : space_.touches) {
    const ItemUse* use = UseOf(rule, touch.item);
    if (use == nullptr) {
      continue;
    }
    cause = &touch;
    first = std::min(first, use->reach.all ? INT64_MIN : touch.time - planned.settle);
    const CatalogItem& item = plan_.catalog->items[touch.item];
    if (item.role != CatalogItem::Role::kFormField || item.form != planned.definition->each_form) {
      continue;
    }
    RuleState& state = state_.Rule(rule);
    for (std::uint32_t i = state.marks.size(); i-- > 0;) {
      const AnchorMark mark = state.marks[i];
      const bool there = std::ranges::any_of(rows, [&](const FormRow& row) {
        return row.key == mark.key() && row.time == mark.time();
      });
      if (!there || mark.key() == touch.row) {
        state.Clear(mark);
      }
    }
    for (const FormRow& row : rows) {
      if (row.key == touch.row) {
        Admit(rule, AnchorMark(row.time, row.key, UINT32_MAX, AnchorMark::kNone), touch.received);
      }
    }
  }
  for (const FormRow& row : rows) {
    if (row.time >= first) {
      JudgeRow(rule, row);
    }
  }
  RuleState* state = state_.rules[rule].get();
  if (state == nullptr) {
    return;
  }
  if (planned.settle > 0) {
    ArmWaiting(rule);
  }
  if (!state->silent()) {
    Fold(rule, cause);
  }
}

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
  if (alerts.empty() && !next && state_.rules[rule] == nullptr) {
    return;
  }
  Replace(rule, &state_.Rule(rule), std::move(alerts), cause);
  ArmTimer(rule, next);
}

void SubjectWork::Follow() {
  const std::uint64_t step = ++space_.step;
  for (const Touch& touch : space_.touches) {
    for (const ItemUse& use : plan_.uses[touch.item]) {
      if (space_.followed[use.rule] == step) {
        continue;
      }
      space_.followed[use.rule] = step;
      switch (plan_.rules[use.rule].kind) {
        case PlannedRule::Kind::kSeries:
          FollowSeriesRule(use.rule);
          break;
        case PlannedRule::Kind::kRows:
          FollowRows(use.rule);
          break;
        case PlannedRule::Kind::kTime:
          FollowAbsences(use.rule, &space_.touches.back());
          break;
        case PlannedRule::Kind::kSite:
          break;
      }
    }
  }
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
  } else if (RuleState* state = state_.rules[rule].get(); state != nullptr && !state->silent()) {
    space_.judged_true.clear();
    Fold(rule, nullptr);
  }
}

std::optional<Anchor> SubjectWork::AnchorOf(const DetectedAlert& alert) const {
  const PlannedRule& planned = plan_.rules[alert.rule];
  if (planned.kind == PlannedRule::Kind::kTime) {
    std::optional<Seconds> next;
    const Seconds now = std::min(now_, planned.timed.until - 1);
    for (const Absence& absence :
         FindAbsences(*planned.timed.rule, state_.record, Context(alert.rule), now, &next)) {
      if (absence.key == alert.anchor_key && absence.started == alert.started) {
        return absence.anchor;
      }
    }
    return std::nullopt;
  }
  if (planned.kind == PlannedRule::Kind::kRows) {
    for (const FormRow& row : state_.record.Rows(planned.definition->each_form)) {
      if (row.key == alert.fired_key && row.time == alert.fired) {
        return RowAnchor(alert.rule, row);
      }
    }
    return std::nullopt;
  }
  const auto series = state_.record.Series(alert.fired_item);
  const std::uint32_t at = SubjectRecord::Position(series, alert.fired, alert.fired_key);
  if (at < series.size() && series[at].time() == alert.fired &&
      series[at].key() == alert.fired_key) {
    return SeriesAnchor(alert.rule, alert.fired_item, at);
  }
  return std::nullopt;
}

}  // namespace vedette::rules
