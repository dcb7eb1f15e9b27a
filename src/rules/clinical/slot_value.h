// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "rules/clinical/observation.h"
#include "rules/clinical/series_math.h"
#include "rules/plan/feature.h"

// How values of a record become slots of a frame.
namespace vedette::rules {

inline bool HasValue(const Observation& observation) {
  return (observation.flags() & Observation::kAbsent) == 0;
}

inline Slot Missing(SlotKind kind) {
  switch (kind) {
    case SlotKind::kNumber:
      return {.number = kUnknownNumber};
    case SlotKind::kTruth:
      return {.integer = static_cast<std::int64_t>(Truth::kUnknown)};
    default:
      return {.integer = kMissing};
  }
}

// A number as the slot wants it.
inline Slot FromNumber(SlotKind kind, double number) {
  constexpr double kWhole = 9.2e18;  // beyond it a double is no 64-bit integer
  if (kind == SlotKind::kNumber) {
    return {.number = number};
  }
  if (!(std::abs(number) < kWhole)) {
    return Missing(kind);
  }
  if (kind == SlotKind::kTruth) {
    return {.integer = static_cast<std::int64_t>(number != 0 ? Truth::kTrue : Truth::kFalse)};
  }
  return {.integer = std::llround(number)};
}

inline Slot FromInteger(SlotKind kind, std::int64_t integer) {
  if (kind == SlotKind::kNumber) {
    return {.number = static_cast<double>(integer)};
  }
  return {.integer = integer};
}

inline Slot FromTruth(bool truth) {
  return {.integer = static_cast<std::int64_t>(truth ? Truth::kTrue : Truth::kFalse)};
}

}  // namespace vedette::rules
