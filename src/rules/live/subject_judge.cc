// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "rules/live/absence.h"
#include "rules/live/subject_work.h"

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
  const RuleState* state = state_.Find(rule);
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

void SubjectWork::BeginStep() {
  space_.judged_true.clear();
  space_.changed_from = INT64_MAX;
}

void SubjectWork::Note(std::uint32_t rule, const AnchorMark& place, Outcome outcome) {
  RuleState* state = state_.Find(rule);
  if (outcome == Outcome::kClear) {
    if (state != nullptr && state->Clear(place)) {
      NoteChanged(place.time());
    }
    return;
  }
  const AnchorMark mark(place.time(), place.key(), place.item(),
                        outcome == Outcome::kTrue ? AnchorMark::kTrue : AnchorMark::kNone);
  if (outcome == Outcome::kTrue) {
    space_.judged_true.push_back(mark);
  }
  if (state_.Rule(rule).Set(mark) || outcome == Outcome::kTrue) {
    NoteChanged(place.time());
  }
}

void SubjectWork::JudgeSeriesAnchor(std::uint32_t rule, std::uint32_t item, std::uint32_t index) {
  const Anchor anchor = SeriesAnchor(rule, item, index);
  const AnchorMark place(anchor.time, anchor.key, item, AnchorMark::kNone);
  if (MayJudge(rule, place)) {
    Note(rule, place, Judge(rule, anchor));
  }
}

void SubjectWork::JudgeRow(std::uint32_t rule, const FormRow& row) {
  const AnchorMark place(row.time, row.key, UINT32_MAX, AnchorMark::kNone);
  if (MayJudge(rule, place)) {
    Note(rule, place, Judge(rule, RowAnchor(rule, row)));
  }
}

std::optional<Anchor> SubjectWork::AnchorOf(const DetectedAlert& alert) const {
  const PlannedRule& planned = plan_.rules[alert.rule];
  if (planned.kind == PlannedRule::Kind::kTime) {
    std::optional<Seconds> next;
    const Seconds now = std::min(now_, planned.timed.until - 1);
    for (const Absence& absence :
         FindAbsences(*planned.timed.rule, state_.record, Context(alert.rule), now, &next,
                      WhatWasFound(alert.rule, false))) {
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
