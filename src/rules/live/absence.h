// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "rules/clinical/feature_reader.h"
#include "rules/live/alert.h"
#include "rules/rule.h"

namespace vedette::rules {

// Whether knowledge time, not an observation, brings about the rule's alerts: it reads `now`, or is
// about visits. Each subject, visit or row then stands alone: `dedupe`, `keep_firing_for` and
// `resolve_when` have no say, the alert is open as long as the condition holds.
bool IsJudgedByTime(const Rule& rule);

struct Absence {
  Anchor anchor;        // with `now` at `due`
  Seconds started = 0;  // founding anchor: `due`; of a row its time
  std::uint64_t key = 0;
  Seconds due = 0;  // since when the condition has held without interruption
};

// What is known of an earlier search: since when the condition held at its anchors, without
// interruption up to now but for what changed since. `alerts` are what was made of the absences it
// found; verdicts at times before `unchanged_before` are as they were then.
struct EarlierAbsences {
  std::span<const DetectedAlert> alerts;
  Seconds unchanged_before = INT64_MIN;
};

// What a rule that is judged by time finds at `now`, and in `next` the earliest later time at which
// it may find something else if the data stay as they are. Pure: `earlier` only saves the way back
// to a beginning that is known.
std::vector<Absence> FindAbsences(const Rule& rule,
                                  const SubjectView& subject,
                                  const FeatureContext& context,
                                  Seconds now,
                                  std::optional<Seconds>* next,
                                  const EarlierAbsences& earlier = {});

}  // namespace vedette::rules
