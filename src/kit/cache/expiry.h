// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "base/random.h"

namespace vedette::cache {

// `ttl` × uniform [0.95, 1.05), so that what was cached at the same time does not expire at the
// same time.
inline std::chrono::milliseconds Jittered(std::chrono::milliseconds ttl, RandomSource& random) {
  constexpr double kDeviation = 0.05;
  const double factor = 1 - kDeviation + 2 * kDeviation * random.Uniform();
  return std::chrono::round<std::chrono::milliseconds>(
      std::chrono::duration<double, std::milli>(static_cast<double>(ttl.count()) * factor));
}

}  // namespace vedette::cache
