// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/catalog.h"
#include "rules/clinical/change.h"
#include "rules/clinical/subject_record.h"
#include "rules/live/alert.h"
#include "rules/rule.h"

namespace vedette::rules {

using SubjectHandle = std::uint32_t;

struct EngineOptions {
  // How late data may come without a subject being loaded again from the log.
  Seconds lateness = 14 * kDay;
  // Keeps everything when false: tests, back-tests.
  bool bounded = true;
};

struct EngineStatistics {
  std::uint64_t changes = 0;
  std::uint64_t evaluations = 0;
  std::uint64_t fallbacks = 0;      // evaluations by the tree walker
  std::uint64_t not_evaluable = 0;  // verdicts that were unknown
  std::size_t subjects = 0;
  std::size_t observations = 0;
  std::size_t bytes = 0;  // of heap, of subjects
  std::size_t timers = 0;
  // Observations kept without their reference range: there were too many different ones
  // (RangeTable::Intern).
  std::uint64_t ranges_refused = 0;
};

// The rules of one study at work on one shard of its subjects. Deterministic: the same changes and
// times in the same order give the same transitions. Not thread-safe: one thread each.
//
// A subject is unknown, then loaded with all that the log holds of it, then changed. What it keeps
// is bounded by the rules' look-back and `lateness`; a change that reaches further back needs the
// subject loaded anew (NeedsLoad).
class Engine {
 public:
  Engine(std::shared_ptr<const Catalog> catalog,
         std::vector<TimedRule> rules,
         EngineOptions options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  std::span<const TimedRule> rules() const;
  // Items that any rule reads: others need not be told.
  bool Reads(std::uint32_t item) const;

  // The handle of a subject, new or known.
  SubjectHandle Subject(std::string_view subject_id, std::string_view site_id);
  bool Loaded(SubjectHandle subject) const;
  // Whether Apply could not answer exactly without what was dropped or never loaded.
  bool NeedsLoad(SubjectHandle subject, std::span<const Change> changes) const;

  // All current observations, in any order, as of before the next Apply. Replaces what is there.
  // Gives what is detected now; the caller compares it with what it has on file (Differences).
  std::vector<DetectedAlert> Load(SubjectHandle subject,
                                  std::span<const Change> current,
                                  Seconds now);

  // Applies changes of one subject that became known at `now`, in order, as one step. Appends the
  // differences.
  void Apply(SubjectHandle subject,
             std::span<const Change> changes,
             Seconds now,
             std::vector<Transition>* transitions);

  // Knowledge time moves on: absence rules, `settle`, the ends of versions. `transitions` come in
  // order of their logical due time, which is DetectedAlert::fired of what it raises.
  struct SubjectTransition {
    SubjectHandle subject;
    Transition transition;
  };
  void Advance(Seconds now, std::vector<SubjectTransition>* transitions);
  // When Advance has something to do next; nullopt: nothing is waiting.
  std::optional<Seconds> NextTimer() const;

  // What is detected of a loaded subject, pending alerts included, in order of rule and anchor. Of
  // a bounded engine: what was not dropped as over and too old to change.
  std::vector<DetectedAlert> Detected(SubjectHandle subject) const;

  // The subject as rules see it. Valid until the next call that changes it; nullptr: not loaded.
  const SubjectView* View(SubjectHandle subject) const;
  // Where the alert's rule fired, for an explanation; nullopt when it is no longer held.
  std::optional<Anchor> AnchorOf(SubjectHandle subject, const DetectedAlert& alert) const;

  // Forgets a subject: after a transaction that failed, or to make room.
  void Evict(SubjectHandle subject);

  EngineStatistics Statistics() const;
  struct RuleStatistics {
    std::uint64_t evaluations = 0;
    std::uint64_t fired = 0;
    std::uint64_t unknown = 0;
  };
  std::span<const RuleStatistics> StatisticsByRule() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// What separates two states of one subject, as Apply would have told it: `before` and `after` in
// the order of Detected. `at` tells repeated changes under one key apart in Transition::id; Apply
// gives Change::received, Advance the due time. Alerts that a timer raised and that are gone are
// resolved without a time. Pure.
std::vector<Transition> Differences(std::span<const DetectedAlert> before,
                                    std::span<const DetectedAlert> after,
                                    std::uint64_t cause,
                                    std::uint32_t cause_item,
                                    Seconds at = 0);

Id128 AlertId(std::string_view study_id,
              std::string_view rule_id,
              std::string_view scope_key,
              Seconds anchor_time,
              std::uint64_t anchor_key);

}  // namespace vedette::rules
