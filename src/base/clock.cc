// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

namespace vedette {

Timestamp SystemClock::Now() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::SteadyNow() const { return std::chrono::steady_clock::now(); }

}  // namespace vedette
