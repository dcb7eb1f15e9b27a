// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/clinical/observation.h"

namespace vedette::rules {

// 128 bits of SHA-256 of what identifies an alert or a transition.
using Id128 = std::array<std::uint8_t, 16>;

// The detection axis (rules.md 4.1): moved by the engine only.
enum class Detection : std::uint8_t {
  kInactive,  // was open when its rule's version ended
  kPending,   // true, not yet for as long as `for` asks
  kFiring,
  kRecovering,  // no longer true, kept for `keep_firing_for`
  kResolved,
  kRetracted,  // a correction took its cause away
};

// DetectedAlert::fired_item of what a timer raised: nothing was observed. Data that come later
// resolve such an alert, they do not retract it. Rows have UINT32_MAX.
inline constexpr std::uint32_t kTimerItem = UINT32_MAX - 1;

// One alert as it follows from what is currently known: a pure function of rules, observations and,
// for rules that read `now`, knowledge time.
struct DetectedAlert {
  Id128 id{};              // of study, rule id, scope key and founding anchor; not of the version
  std::uint32_t rule = 0;  // index into the engine's rules
  Seconds started = 0;     // the founding anchor
  std::uint64_t anchor_key = 0;
  Seconds fired = 0;  // the anchor at which it began to fire; founding anchor without `for`
  std::uint64_t fired_key = 0;
  std::uint32_t fired_item = UINT32_MAX;
  Seconds last = 0;  // the latest anchor that was true
  std::optional<Seconds> resolved;
  Detection detection = Detection::kFiring;
  std::uint64_t digest = 0;   // of the features' values at `fired`: other evidence, other digest
  std::uint32_t anchors = 0;  // how many were true
  bool operator==(const DetectedAlert&) const = default;
};

enum class TransitionKind : std::uint8_t {
  kRaised,
  kEvidenceChanged,  // still firing, but what it read was corrected
  kRecovering,
  kResolved,
  kFiringAgain,  // from recovering, or a resolution that late data took back
  kRetracted,
  kSuperseded,  // the rule's version ended, or another alert now holds its anchor
};

// One difference between what was detected before a change and after it.
struct Transition {
  Id128 id{};  // of the alert, the kind and the cause: the same change, the same id
  TransitionKind kind = TransitionKind::kRaised;
  DetectedAlert alert;      // after the change; for retractions, as it was
  bool late = false;        // the anchor lay before data that were known already
  std::uint64_t cause = 0;  // Change::key; 0: time went on
  std::uint32_t cause_item = UINT32_MAX;
  std::optional<Id128>
      successor;  // of kSuperseded and kRetracted: the alert that holds the anchor now
};

}  // namespace vedette::rules
