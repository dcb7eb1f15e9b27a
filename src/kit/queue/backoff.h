// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "base/random.h"
#include "kit/config/section.h"

namespace vedette::queue {

struct BackoffOptions {
  std::chrono::milliseconds first{1000};
  std::chrono::milliseconds longest{10 * 60 * 1000};

  void Describe(config::Section& section) {
    section.Field(
        "first", first,
        {.text = "Longest wait before the second attempt.", .minimum = 1, .maximum = 3'600'000});
    section.Field(
        "longest", longest,
        {.text = "Longest wait before any attempt.", .minimum = 1, .maximum = 86'400'000});
  }
};

// What the wait before the attempt after `failures` (≥ 1) failed ones is at most: first ·
// 2^(failures−1), never above longest.
std::chrono::milliseconds LongestWait(const BackoffOptions& options, std::int64_t failures);

// Full jitter: uniform in [0, LongestWait].
std::chrono::milliseconds FullJitter(const BackoffOptions& options,
                                     std::int64_t failures,
                                     RandomSource& random);

}  // namespace vedette::queue
