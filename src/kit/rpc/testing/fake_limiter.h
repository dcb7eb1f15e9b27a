// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "kit/limit/limiter.h"

namespace vedette::rpc::testing {

// Grants each key its burst, and never more: time does not pass for it.
class FakeLimiter final : public Limiter {
 public:
  Task<LimitDecision> Take(std::string key,
                           RateLimit limit,
                           std::int64_t amount,
                           Deadline) override {
    const std::lock_guard lock(mutex_);
    std::int64_t& taken = taken_[key];
    LimitDecision decision{.limit = limit.burst};
    decision.allowed = taken + amount <= limit.burst;
    if (decision.allowed) taken += amount;
    decision.remaining = limit.burst - taken;
    decision.reset = std::chrono::milliseconds(1500);
    decision.retry_after = std::chrono::milliseconds(decision.allowed ? 0 : 2500);
    co_return decision;
  }

  std::map<std::string, std::int64_t> taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::int64_t> taken_;
};

}  // namespace vedette::rpc::testing
