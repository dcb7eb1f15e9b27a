// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "kit/task/deadline.h"
#include "kit/task/task.h"

namespace vedette {

// A budget: so much a second on average, and at most a burst at once.
struct RateLimit {
  double rate = 0;         // a second; 0: no limit
  std::int64_t burst = 0;  // at least 1 when there is a limit

  bool IsSet() const { return rate > 0; }
  bool operator==(const RateLimit&) const = default;
};

struct LimitDecision {
  bool allowed = true;
  std::int64_t limit = 0;              // the burst
  std::int64_t remaining = 0;          // what may still be taken at once
  std::chrono::milliseconds reset{0};  // until the whole burst is there again
  // Of a refusal: until it could be granted; 0 when it never can, or the caller's time was over.
  std::chrono::milliseconds retry_after{0};
};

// Takes from the budget that `key` names. Keys may hold ids: they never reach logs or metrics.
// Thread-safe. Never fails: when the shared store is away, each replica grants its share.
class Limiter {
 public:
  virtual ~Limiter() = default;
  // Refuses without side effect; `amount` above the burst is always refused.
  virtual Task<LimitDecision> Take(std::string key,
                                   RateLimit limit,
                                   std::int64_t amount,
                                   Deadline deadline) = 0;
};

}  // namespace vedette
