// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "rules/clinical/observation.h"

namespace vedette::rules {

// One change of what is known about a subject: an observation that is new, one that replaces the
// earlier version under the same key, or a withdrawal.
struct Change {
  enum class Kind : std::uint8_t { kPut, kRemove };

  Kind kind = Kind::kPut;
  std::uint32_t item = 0;  // index into Catalog::items
  std::uint64_t key = 0;   // Observation::key
  std::uint64_t row = 0;   // of a form field: which row; all fields of a row share it
  Seconds time = 0;        // when it was true of the subject
  Seconds received = 0;    // when Vedette learnt of it; never falls from change to change
  double number = std::numeric_limits<double>::quiet_NaN();  // of numbers, times and booleans
  std::string text;                                          // of texts
  std::uint8_t flags = Observation::kNone;
  double range_low = std::numeric_limits<double>::quiet_NaN();
  double range_high = std::numeric_limits<double>::quiet_NaN();
  // No earlier version was ever put under this key. Without that promise a bounded engine that has
  // dropped old observations must take it for a correction of one of them (Engine::NeedsLoad).
  bool first_version = false;
};

}  // namespace vedette::rules
