// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <span>
#include <string_view>
#include <vector>

#include "rules/clinical/judge.h"
#include "rules/live/absence.h"
#include "rules/live/engine.h"
#include "rules/live/engine_plan.h"
#include "rules/live/fold_start.h"
#include "rules/live/subject_state.h"

namespace vedette::rules {

// What a change did to the record.
struct Touch {
  std::uint32_t item = 0;
  Seconds time = 0;
  std::uint64_t key = 0;
  std::uint64_t row = 0;
  Seconds received = 0;
  bool inserted = false;  // else removed
};

// Anchors of one series, by their places in it.
struct AnchorRange {
  std::uint32_t item = 0;
  std::uint32_t from = 0;
  std::uint32_t end = 0;
  auto operator<=>(const AnchorRange&) const = default;
};

// One rule's alerts before and after a step, and the change that moved them.
struct RuleStep {
  std::uint32_t rule = 0;
  std::vector<DetectedAlert> before;
  std::vector<DetectedAlert> after;
  std::uint64_t cause = 0;
  std::uint32_t cause_item = UINT32_MAX;
  Seconds at = 0;
};

// An observation that is loaded, and when it was received.
struct LoadedObservation {
  Observation observation;
  Seconds received = 0;
};

// What work on subjects shares and reuses, so that the usual change allocates nothing.
struct WorkSpace {
  explicit WorkSpace(const EnginePlan& plan);

  std::vector<std::vector<Slot>> when_frames;   // by rule, prepared
  std::vector<std::vector<Slot>> clear_frames;  // by rule; empty without resolve_when
  std::vector<Engine::RuleStatistics> statistics;
  std::uint64_t evaluations = 0;
  std::uint64_t fallbacks = 0;
  std::uint64_t unknown = 0;
  TimerWheel timers;
  std::vector<Touch> touches;
  // Of one rule in one step (BeginStep).
  std::vector<AnchorMark> judged_true;
  Seconds changed_from = INT64_MAX;     // the earliest anchor that changed or is true
  std::vector<AnchorRange> reached;     // of one rule in one step
  std::vector<std::uint64_t> followed;  // by rule: the step in which it was followed last
  std::uint64_t step = 0;
  std::vector<RuleStep> steps;
  // Of the subject that is being loaded.
  std::vector<std::vector<LoadedObservation>> loaded;  // by item, in order
  std::vector<Observation> series;
  std::vector<AnchorMark> marks;
};

// Work on one subject at one knowledge time.
class SubjectWork {
 public:
  SubjectWork(const EnginePlan& plan,
              WorkSpace* space,
              SubjectHandle handle,
              SubjectState* state,
              std::string_view subject_id,
              std::string_view site_id,
              Seconds now)
      : plan_(plan),
        space_(*space),
        handle_(handle),
        state_(*state),
        subject_id_(subject_id),
        site_id_(site_id),
        now_(now) {}

  // Judges again what the touches in the work space can affect, and folds. Steps of rules whose
  // alerts changed are appended to the work space.
  void Follow();
  // Takes over all current observations of a subject that knows nothing yet, and judges everything.
  void Load(std::span<const Change> current);
  // Judges the anchors whose `settle` has passed; absences.
  void OnTimer(std::uint32_t rule);
  // Folds or judges again though no data changed: the rule's version ended or began.
  void Refresh(std::uint32_t rule);

  // Folds what anchors are final into the state's carry and forgets them.
  void FoldUntil(std::uint32_t rule, Seconds time);
  std::optional<Anchor> AnchorOf(const DetectedAlert& alert) const;

 private:
  enum class Outcome : std::uint8_t { kClear, kNone, kTrue };

  void LoadRecord(std::span<const Change> current);
  void LoadSeriesRule(std::uint32_t rule);
  void LoadRows(std::uint32_t rule);
  void FollowSeriesRule(std::uint32_t rule);
  void FollowRows(std::uint32_t rule);
  void FollowAbsences(std::uint32_t rule, const Touch* cause);
  EarlierAbsences WhatWasFound(std::uint32_t rule, bool touched) const;
  bool NoRowSees(std::uint32_t rule) const;
  const ItemUse* UseOf(std::uint32_t rule, std::uint32_t item) const;
  // Adds the anchors that the touch can affect to what is reached.
  void AddReached(std::uint32_t rule, const ItemUse& use, const Touch& touch);
  void JudgeReached(std::uint32_t rule);
  Seconds EndOfReach(const Reach& reach, const Touch& touch, Seconds settle) const;
  bool CanSkipFold(std::uint32_t rule, const RuleState& state) const;
  // A rule's anchors are about to be judged; one of them changed.
  void BeginStep();
  void NoteChanged(Seconds time) { space_.changed_from = std::min(space_.changed_from, time); }
  void JudgeSeriesAnchor(std::uint32_t rule, std::uint32_t item, std::uint32_t index);
  void JudgeRow(std::uint32_t rule, const FormRow& row);
  void Note(std::uint32_t rule, const AnchorMark& place, Outcome outcome);
  // Gives a new anchor its standing before it is judged: not this version's, or waiting.
  bool Admit(std::uint32_t rule, AnchorMark place, Seconds received);
  // Whether an anchor with this mark is judged now.
  bool MayJudge(std::uint32_t rule, const AnchorMark& place) const;
  Outcome Judge(std::uint32_t rule, const Anchor& anchor);
  FeatureContext Context(std::uint32_t rule) const;
  Anchor SeriesAnchor(std::uint32_t rule, std::uint32_t item, std::uint32_t index) const;
  Anchor RowAnchor(std::uint32_t rule, const FormRow& row) const;
  void ArmTimer(std::uint32_t rule, std::optional<Seconds> due);
  void ArmWaiting(std::uint32_t rule, std::uint32_t from);
  bool EndOfTime(std::uint32_t rule) const { return now_ >= plan_.rules[rule].timed.until; }

  // Folding (subject_fold.cc).
  // `changed_from`: the earliest anchor that came, went or was judged again; INT64_MIN: all of
  // them.
  void Fold(std::uint32_t rule, const Touch* cause, Seconds changed_from);
  void FoldMarks(std::uint32_t rule,
                 const RuleState& state,
                 const FoldStart& start,
                 EpisodeFolder* folder,
                 Seconds until);
  void SkipWhatIsOver(std::uint32_t rule,
                      const RuleState& state,
                      Seconds changed_from,
                      FoldStart* start) const;
  void AddClears(std::uint32_t rule,
                 const AnchorMark* after,
                 Seconds from,
                 const AnchorMark* before,
                 Seconds until,
                 EpisodeFolder* folder) const;
  DetectedAlert AlertOf(std::uint32_t rule,
                        const FoldedEpisode& episode,
                        std::span<const DetectedAlert> known);
  void Replace(std::uint32_t rule,
               RuleState* state,
               std::size_t kept,
               std::vector<DetectedAlert> alerts,
               const Touch* cause);

  const EnginePlan& plan_;
  WorkSpace& space_;
  SubjectHandle handle_;
  SubjectState& state_;
  std::string_view subject_id_;
  std::string_view site_id_;
  Seconds now_;
};

}  // namespace vedette::rules
