// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "kit/limit/limiter.h"
#include "kit/limit/rate_class.h"

namespace vedette {

namespace config {
class Section;
}  // namespace config

// The budgets of callers: each user has one per rate class, each address one for calls without a
// user. A rate of 0 switches a budget off.
struct LimitOptions {
  RateLimit capture = {.rate = 2000, .burst = 10'000};
  RateLimit interactive = {.rate = 50, .burst = 200};
  RateLimit report = {.rate = 5, .burst = 20};
  RateLimit open = {.rate = 10, .burst = 50};

  std::int64_t max_keys = 100'000;  // budgets that one process remembers
  // Longest wait for Redis; then the process grants its share by itself.
  std::chrono::milliseconds redis_timeout{100};

  const RateLimit& Of(RateClass rate_class) const;
  void Describe(config::Section& section);
};

}  // namespace vedette
