// SPDX-License-Identifier: Apache-2.0
#include "rules/live/subject_work.h"

#include <algorithm>
#include <optional>

namespace vedette::rules {
namespace {

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

// Each anchor once, however many touches reach it.
void SubjectWork::JudgeReached(std::uint32_t rule) {
  std::vector<AnchorRange>& ranges = space_.reached;
  std::ranges::sort(ranges);
  std::uint32_t item = UINT32_MAX;
  std::uint32_t judged_to = 0;
  for (const AnchorRange& range : ranges) {
    judged_to = range.item == item ? judged_to : 0;
    item = range.item;
    for (std::uint32_t index = std::max(range.from, judged_to); index < range.end; ++index) {
      JudgeSeriesAnchor(rule, item, index);
    }
    judged_to = std::max(judged_to, range.end);
  }
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

void SubjectWork::AddReached(std::uint32_t rule, const ItemUse& use, const Touch& touch) {
  const PlannedRule& planned = plan_.rules[rule];
  const Reach& reach = use.reach;
  Seconds first = reach.all ? INT64_MIN : touch.time - planned.settle;
  if (state_.floor != INT64_MIN) {
    first = std::max(first, state_.floor - planned.settle);
  }
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
      Seconds last = EndOfReach(reach, touch, planned.settle);
      if (anchor == touch.item) {
        last = std::max(last, touch.time);
      }
      end = last == INT64_MAX ? size : FirstAtOrAfter(series, last + 1);
    }
    if (from < end) {
      space_.reached.push_back({anchor, from, end});
    }
  }
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
  BeginStep();
  const PlannedRule& planned = plan_.rules[rule];
  const Touch* cause = nullptr;
  std::optional<Seconds> waits_until;
  for (const Touch& touch : space_.touches) {
    const ItemUse* use = UseOf(rule, touch.item);
    if (use == nullptr) {
      continue;
    }
    cause = &touch;
    if (use->anchor && !touch.inserted) {
      NoteChanged(touch.time);
      if (RuleState* state = state_.Find(rule); state != nullptr) {
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
      NoteChanged(touch.time);
      const AnchorMark place(touch.time, touch.key, touch.item, AnchorMark::kNone);
      if (RuleState* state = state_.Find(rule); state != nullptr) {
        state->Clear(place);
      }
      if (!Admit(rule, place, touch.received)) {
        const Seconds due = touch.time + planned.settle;
        waits_until = waits_until ? std::min(*waits_until, due) : due;
      }
    }
  }
  space_.reached.clear();
  for (const Touch& touch : space_.touches) {
    if (const ItemUse* use = UseOf(rule, touch.item); use != nullptr) {
      AddReached(rule, *use, touch);
    }
  }
  JudgeReached(rule);
  RuleState* state = state_.Find(rule);
  if (state == nullptr) {
    return;
  }
  if (waits_until && planned.settle > 0 &&
      (state->timer == TimerWheel::kNone || *waits_until < state->timer_due)) {
    ArmTimer(rule, waits_until);
  }
  if (space_.changed_from != INT64_MAX && !CanSkipFold(rule, *state)) {
    Fold(rule, cause, space_.changed_from);
  }
}

void SubjectWork::FollowRows(std::uint32_t rule) {
  BeginStep();
  const PlannedRule& planned = plan_.rules[rule];
  const auto rows = state_.record.Rows(planned.definition->each_form);
  const Touch* cause = nullptr;
  // The rows that the touches can affect.
  Seconds first = INT64_MAX;
  Seconds last = INT64_MIN;
  for (const Touch& touch : space_.touches) {
    const ItemUse* use = UseOf(rule, touch.item);
    if (use == nullptr) {
      continue;
    }
    cause = &touch;
    first = std::min(first, use->reach.all ? INT64_MIN : touch.time - planned.settle);
    last = std::max(last, EndOfReach(use->reach, touch, planned.settle));
    const CatalogItem& item = plan_.catalog->items[touch.item];
    if (item.role != CatalogItem::Role::kFormField || item.form != planned.definition->each_form) {
      continue;
    }
    NoteChanged(INT64_MIN);  // rows may have moved
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
        Admit(rule, AnchorMark(row.time, row.key, UINT32_MAX, AnchorMark::kNone),
              state_.receipts.Latest(row.key));
      }
    }
  }
  for (const FormRow& row : rows) {
    if (first <= row.time && row.time <= last) {
      JudgeRow(rule, row);
    }
  }
  RuleState* state = state_.Find(rule);
  if (state == nullptr) {
    return;
  }
  if (planned.settle > 0) {
    ArmWaiting(rule, 0);
  }
  if (space_.changed_from != INT64_MAX && !state->silent()) {
    Fold(rule, cause, space_.changed_from);
  }
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

}  // namespace vedette::rules
