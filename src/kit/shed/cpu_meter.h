// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/clock.h"
#include "kit/shed/cpu_source.h"

namespace vedette {

// From readings of the processor time to how busy the processors are, smoothed:
// usage ← beta · usage + (1 − beta) · current, from 0 on, with one beta for readings above the
// usage and another for those below. Not thread-safe.
class CpuMeter {
 public:
  CpuMeter(double rise_beta, double fall_beta) : rise_beta_(rise_beta), fall_beta_(fall_beta) {}

  // A reading of `now`; nullopt when there is none, and the usage is unknown until there are two
  // again. A reading that goes back starts anew, as when the process changed its control group.
  void Add(SteadyTime now, std::optional<CpuTime> reading);

  // 0 to 1000; nullopt while unknown.
  std::optional<double> usage() const { return known_ ? std::optional(usage_) : std::nullopt; }

 private:
  double rise_beta_;
  double fall_beta_;
  double usage_ = 0;
  bool known_ = false;
  SteadyTime last_time_;
  std::optional<CpuTime> last_;
};

}  // namespace vedette
