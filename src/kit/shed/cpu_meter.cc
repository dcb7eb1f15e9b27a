// SPDX-License-Identifier: Apache-2.0
#include "kit/shed/cpu_meter.h"

#include <algorithm>
#include <utility>

namespace vedette {

void CpuMeter::Add(SteadyTime now, std::optional<CpuTime> reading) {
  const std::optional<CpuTime> before = std::exchange(last_, reading);
  const SteadyTime::duration elapsed = now - std::exchange(last_time_, now);
  if (!reading || reading->processors <= 0) {
    last_.reset();
    known_ = false;
    return;
  }
  if (!before || elapsed <= elapsed.zero() || reading->used < before->used) return;
  const double used = std::chrono::duration<double>(reading->used - before->used).count();
  const double offered = std::chrono::duration<double>(elapsed).count() * reading->processors;
  const double current = std::min(used / offered, 1.0) * 1000;
  const double beta = current > usage_ ? rise_beta_ : fall_beta_;
  usage_ = beta * usage_ + (1 - beta) * current;
  known_ = true;
}

}  // namespace vedette
