// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/clinical/observation.h"
#include "rules/rule.h"

namespace vedette::rules {

// What an anchor says to the episode it falls in.
enum class AnchorOutcome : std::uint8_t {
  kNone,  // unknown, or neither true nor cleared (hysteresis): the episode stays as it is
  kTrue,
  kClear,  // `resolve_when` true, or without one: `when` false
};

struct JudgedAnchor {
  Seconds time = 0;
  std::uint64_t key = 0;
  std::uint32_t item = UINT32_MAX;
  AnchorOutcome outcome = AnchorOutcome::kNone;
};

// A run of anchors that makes one alert.
struct Episode {
  std::uint32_t founding = 0;  // indexes into the anchors given
  std::uint32_t fired = 0;     // meaningful unless pending
  std::uint32_t last = 0;      // the latest true one
  std::uint32_t anchors = 0;
  enum class State : std::uint8_t {
    kPending,
    kFiring,
    kRecovering,
    kResolved
  } state = State::kFiring;
  Seconds resolved = 0;  // of kResolved
};

// Folds anchors in order of (time, key) into episodes by the rule's `for`, `keep_firing_for` and
// `dedupe`. The only place that knows these; live engine, back-test and rule tests call it. Pure.
// A pending run that was cleared before it fired leaves nothing.
std::vector<Episode> FoldEpisodes(const RuleDefinition& rule,
                                  std::span<const JudgedAnchor> anchors);

}  // namespace vedette::rules
