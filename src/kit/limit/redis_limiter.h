// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "kit/limit/limiter.h"
#include "kit/limit/options.h"
#include "kit/redis/client.h"
#include "kit/task/runtime.h"

namespace vedette {

class MetricsRegistry;

// Budgets that all replicas share: token buckets in Redis, on Redis' own clock. While Redis is away
// each replica grants its part, limit / replicas, from buckets of its own; one task looks when
// Redis is there again, which is then used within 200 ms. A caller whose own time is over is
// refused and changes nothing.
class RedisLimiter final : public Limiter {
 public:
  struct Dependencies {
    redis::Client& client;
    Runtime& runtime;
    Logger logger;
    MetricsRegistry& metrics;
    const Clock& clock;                                         // of the local buckets
    std::function<std::int64_t()> replicas = [] { return 1; };  // thread-safe
  };

  struct State {
    bool redis = true;          // whether budgets are shared now
    std::uint64_t rescues = 0;  // how often Redis was found away
    std::int64_t local_keys = 0;
  };

  RedisLimiter(const LimiterOptions& options, Dependencies dependencies);
  ~RedisLimiter() override;

  Task<LimitDecision> Take(std::string key,
                           RateLimit limit,
                           std::int64_t amount,
                           Deadline deadline) override;

  State Snapshot() const;
  // Ends the task that looks for Redis. Before destruction, and before the client is closed.
  Task<void> Close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette
