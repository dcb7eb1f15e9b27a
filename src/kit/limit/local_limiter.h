// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "kit/limit/limiter.h"

namespace vedette {

class MetricsRegistry;

// Budgets of one process, each a token bucket. Remembers at most `max_keys`: beyond that the ones
// untouched for longest are forgotten, full ones first, which loses nothing.
class LocalLimiter final : public Limiter {
 public:
  // `clock` and `metrics`, which may be absent, outlive it.
  LocalLimiter(std::int64_t max_keys, const Clock& clock, MetricsRegistry* metrics = nullptr);
  ~LocalLimiter() override;

  Task<LimitDecision> Take(std::string key,
                           RateLimit limit,
                           std::int64_t amount,
                           Deadline deadline) override;
  // The same without a coroutine.
  LimitDecision TakeNow(std::string_view key, RateLimit limit, std::int64_t amount);

  std::int64_t size() const;  // keys remembered

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette
