// SPDX-License-Identifier: Apache-2.0
#include "kit/limit/local_limiter.h"

#include <array>
#include <functional>
#include <mutex>

#include "kit/limit/bucket.h"
#include "kit/limit/limit_metrics.h"
#include "kit/limit/recent_map.h"

namespace vedette {
namespace {

constexpr std::size_t kShards = 32;

// Each holds its part of the keys, at least one.
std::size_t KeysOfShard(std::int64_t max_keys) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(max_keys) / kShards);
}

struct Budget {
  Bucket bucket;
  RateLimit limit;
};

struct alignas(64) Shard {
  explicit Shard(std::size_t limit) : budgets(limit) {}
  mutable std::mutex mutex;
  RecentMap<Budget> budgets;
};

}  // namespace

struct LocalLimiter::Impl {
  Impl(std::int64_t max_keys, const Clock& given, MetricsRegistry* registry)
      : clock(given), metrics(registry, "local") {
    for (auto& shard : shards) shard = std::make_unique<Shard>(KeysOfShard(max_keys));
  }

  const Clock& clock;
  LimitMetrics metrics;
  std::array<std::unique_ptr<Shard>, kShards> shards;
};

LocalLimiter::LocalLimiter(std::int64_t max_keys, const Clock& clock, MetricsRegistry* metrics)
    : impl_(std::make_unique<Impl>(max_keys, clock, metrics)) {}
LocalLimiter::~LocalLimiter() = default;

LimitDecision LocalLimiter::TakeNow(std::string_view key, RateLimit limit, std::int64_t amount) {
  if (!limit.IsSet()) return {};
  const std::int64_t now = std::chrono::duration_cast<std::chrono::microseconds>(
                               impl_->clock.SteadyNow().time_since_epoch())
                               .count();
  Shard& shard = *impl_->shards[std::hash<std::string_view>{}(key) % kShards];
  LimitDecision decision;
  {
    const std::scoped_lock lock(shard.mutex);
    Budget& budget = shard.budgets.Get(
        key, [&] { return Budget{FullBucket(limit, now), limit}; },
        [&](const Budget& other) {
          return UnitsAt(other.bucket, other.limit, now) == FullBucket(other.limit, now).units;
        });
    budget.limit = limit;
    decision = TakeFromBucket(budget.bucket, limit, amount, now);
  }
  impl_->metrics.Count(decision.allowed);
  return decision;
}

Task<LimitDecision> LocalLimiter::Take(std::string key,
                                       RateLimit limit,
                                       std::int64_t amount,
                                       Deadline) {
  co_return TakeNow(key, limit, amount);
}

std::int64_t LocalLimiter::size() const {
  std::size_t keys = 0;
  for (const auto& shard : impl_->shards) {
    const std::scoped_lock lock(shard->mutex);
    keys += shard->budgets.size();
  }
  return static_cast<std::int64_t>(keys);
}

}  // namespace vedette
