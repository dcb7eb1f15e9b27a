// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "rules/live/subject_work.h"

namespace vedette::rules {

void SubjectWork::LoadRecord(std::span<const Change> current) {
  const RecordLayout& layout = *plan_.layout;
  space_.loaded.resize(plan_.catalog->items.size());
  for (const std::uint32_t item : plan_.items) {
    space_.loaded[item].clear();
  }
  for (const Change& change : current) {
    if (!layout.Keeps(change.item)) {
      continue;
    }
    if (layout.IsField(change.item)) {
      if (state_.record.Apply(change).inserted && plan_.receipts[change.item]) {
        state_.receipts.Put(change.row, change.item, change.received);
      }
    } else if (const auto observation = state_.record.Convert(change)) {
      space_.loaded[change.item].push_back({*observation, change.received});
    } else {
      continue;
    }
    if (change.time <= now_) {
      state_.front = std::max(state_.front, change.time);
    }
  }
  const auto before = [](const LoadedObservation& a, const LoadedObservation& b) {
    return a.observation < b.observation;
  };
  for (const std::uint32_t item : plan_.items) {
    std::vector<LoadedObservation>& loaded = space_.loaded[item];
    if (loaded.empty()) {
      continue;
    }
    if (!std::ranges::is_sorted(loaded, before)) {
      std::ranges::sort(loaded, before);
    }
    space_.series.clear();
    for (const LoadedObservation& one : loaded) {
      space_.series.push_back(one.observation);
    }
    state_.record.Assign(item, space_.series);
  }
}

void SubjectWork::LoadSeriesRule(std::uint32_t rule) {
  const PlannedRule& planned = plan_.rules[rule];
  BeginStep();
  space_.marks.clear();
  std::uint32_t true_marks = 0;
  bool waits = false;
  for (const std::uint32_t item : planned.anchors) {
    const std::vector<LoadedObservation>& loaded = space_.loaded[item];
    for (std::uint32_t index = 0; index < loaded.size(); ++index) {
      const Observation& observation = loaded[index].observation;
      const auto mark = [&](AnchorMark::Outcome outcome) {
        space_.marks.emplace_back(observation.time(), observation.key(), item, outcome);
      };
      if (!planned.JudgesReceived(loaded[index].received)) {
        mark(AnchorMark::kIneligible);
        continue;
      }
      if (planned.settle > 0 && observation.time() + planned.settle > now_) {
        mark(AnchorMark::kWaiting);
        waits = true;
        continue;
      }
      switch (Judge(rule, SeriesAnchor(rule, item, index))) {
        case Outcome::kTrue:
          mark(AnchorMark::kTrue);
          ++true_marks;
          break;
        case Outcome::kNone:
          mark(AnchorMark::kNone);
          break;
        case Outcome::kClear:
          break;
      }
    }
  }
  if (space_.marks.empty()) {
    return;
  }
  if (planned.anchors.size() > 1) {
    std::sort(space_.marks.begin(), space_.marks.end());
  }
  RuleState& state = state_.Rule(rule);
  state.marks.Assign(space_.marks);
  state.true_marks = true_marks;
  if (true_marks > 0) {
    Fold(rule, nullptr, INT64_MIN);
  }
  if (waits) {
    ArmWaiting(rule, 0);
  }
}

void SubjectWork::LoadRows(std::uint32_t rule) {
  BeginStep();
  for (const FormRow& row : state_.record.Rows(plan_.rules[rule].definition->each_form)) {
    const AnchorMark place(row.time, row.key, UINT32_MAX, AnchorMark::kNone);
    Admit(rule, place, state_.receipts.Latest(row.key));
    JudgeRow(rule, row);
  }
  RuleState* state = state_.Find(rule);
  if (state == nullptr) {
    return;
  }
  if (plan_.rules[rule].settle > 0) {
    ArmWaiting(rule, 0);
  }
  if (!state->silent()) {
    Fold(rule, nullptr, INT64_MIN);
  }
}

void SubjectWork::Load(std::span<const Change> current) {
  LoadRecord(current);
  for (std::uint32_t rule = 0; rule < plan_.rules.size(); ++rule) {
    switch (plan_.rules[rule].kind) {
      case PlannedRule::Kind::kSeries:
        LoadSeriesRule(rule);
        break;
      case PlannedRule::Kind::kRows:
        LoadRows(rule);
        break;
      case PlannedRule::Kind::kTime:
        FollowAbsences(rule, nullptr);
        break;
      case PlannedRule::Kind::kSite:
        break;
    }
  }
}

}  // namespace vedette::rules
