// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace vedette::simulate {

// Days of UTC since 1970.
inline std::int64_t DayNumber(Timestamp time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

inline Timestamp StartOfDay(std::int64_t day) { return Timestamp(std::chrono::days(day)); }

}  // namespace vedette::simulate
