// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kit/redis/client.h"
#include "kit/task/deadline.h"
#include "kit/task/task.h"

namespace vedette {

// So many times in a period, e.g. messages to one phone number a day.
struct PeriodLimit {
  std::int64_t quota = 1;
  std::chrono::milliseconds period = std::chrono::hours(24);
  // Periods begin at multiples of `period` since 1970 in the time zone this far east of UTC;
  // otherwise with the first use.
  bool align = false;
  std::chrono::milliseconds east_of_utc{0};
};

enum class PeriodState : std::uint8_t {
  kUnknown,    // Redis is away: the caller decides
  kAllowed,    // and more may follow
  kHitQuota,   // allowed, the last one of the period
  kOverQuota,  // refused
};

struct PeriodDecision {
  PeriodState state = PeriodState::kUnknown;
  std::int64_t used = 0;               // of the quota, this one included
  std::chrono::milliseconds reset{0};  // until the period ends
  std::optional<Error> error = {};     // why it is unknown

  bool allowed() const { return state == PeriodState::kAllowed || state == PeriodState::kHitQuota; }
};

// Counts uses of what `key` names within fixed periods. Thread-safe.
class PeriodLimiter {
 public:
  virtual ~PeriodLimiter() = default;
  virtual Task<PeriodDecision> Take(std::string key, PeriodLimit limit, Deadline deadline) = 0;
};

// In one process; remembers at most `max_keys`, forgetting first whose period is over.
class LocalPeriodLimiter final : public PeriodLimiter {
 public:
  LocalPeriodLimiter(std::int64_t max_keys, const Clock& clock);  // `clock` outlives it
  ~LocalPeriodLimiter() override;
  Task<PeriodDecision> Take(std::string key, PeriodLimit limit, Deadline deadline) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Shared by all replicas, on Redis' own clock.
class RedisPeriodLimiter final : public PeriodLimiter {
 public:
  explicit RedisPeriodLimiter(redis::Client& client);  // outlives it
  Task<PeriodDecision> Take(std::string key, PeriodLimit limit, Deadline deadline) override;

 private:
  redis::Client& client_;
  const redis::Script script_;
};

}  // namespace vedette
