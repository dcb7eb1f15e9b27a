// SPDX-License-Identifier: Apache-2.0
#include "rules/live/retention.h"

#include <algorithm>

namespace vedette::rules {
namespace {

std::uint32_t CountBefore(std::span<const Observation> series, Seconds time) {
  return static_cast<std::uint32_t>(
      std::lower_bound(series.begin(), series.end(), time,
                       [](const Observation& o, Seconds t) { return o.time() < t; }) -
      series.begin());
}

}  // namespace

bool ReachesDropped(const EnginePlan& plan,
                    const SubjectState& state,
                    std::span<const Change> changes) {
  if (state.floor == INT64_MIN) {
    return false;
  }
  for (const Change& change : changes) {
    if (!plan.layout->Keeps(change.item)) {
      continue;
    }
    const ItemRetention& retention = plan.retention[change.item];
    if (retention.reaches_all) {
      return true;
    }
    if (!retention.reaches_final) {
      continue;
    }
    if (change.kind == Change::Kind::kPut && change.time < state.floor) {
      return true;
    }
    if (change.kind == Change::Kind::kPut && change.first_version) {
      continue;
    }
    const Observation* known = state.record.FindKey(change.item, change.key);
    if (known == nullptr || known->time() < state.floor) {
      return true;
    }
  }
  return false;
}

void TrimItem(const EnginePlan& plan,
              std::uint32_t item,
              Seconds floor,
              SubjectWork* work,
              SubjectState* state) {
  for (const ItemUse& use : plan.uses[item]) {
    const RuleState* found = state->Find(use.rule);
    const Seconds final_before = floor - plan.rules[use.rule].settle;
    if (use.anchor && found != nullptr &&
        (!found->silent() || (!found->marks.empty() && found->marks[0].time() < final_before))) {
      work->FoldUntil(use.rule, final_before);
    }
  }
  state->floor = std::max(state->floor, floor);
  const ItemRetention& retention = plan.retention[item];
  if (retention.everything) {
    return;
  }
  const auto series = state->record.Series(item);
  const Seconds first_anchor = floor - plan.longest_settle;
  const std::uint32_t old =
      CountBefore(series, first_anchor - std::max<Seconds>(retention.window, 0));
  const std::uint32_t before_anchors = CountBefore(series, first_anchor);
  std::uint32_t drop =
      std::min(old, before_anchors > retention.count ? before_anchors - retention.count : 0);
  if (drop == 0) {
    return;
  }
  if (!retention.baseline) {
    state->record.Drop(item, 0, drop);
    return;
  }
  const Observation* dose = plan.study.first_dose() == UINT32_MAX
                                ? nullptr
                                : state->record.Attribute(plan.study.first_dose());
  if (dose == nullptr) {
    return;  // any of them may turn out to be the baseline
  }
  const std::uint32_t before_dose = CountBefore(series, static_cast<Seconds>(dose->value()) + 1);
  if (before_dose == 0 || before_dose > drop) {
    // The baseline is not among the dropped: there is none, or it stays.
    drop = before_dose == 0 ? drop : std::min(drop, before_dose - 1);
    state->record.Drop(item, 0, drop);
    return;
  }
  state->record.Drop(item, before_dose, drop - before_dose);
  state->record.Drop(item, 0, before_dose - 1);
}

void TrimAll(const EnginePlan& plan, Seconds floor, SubjectWork* work, SubjectState* state) {
  for (const std::uint32_t item : plan.items) {
    TrimItem(plan, item, floor, work, state);
  }
}

}  // namespace vedette::rules
