// SPDX-License-Identifier: Apache-2.0
#include "kit/limit/bucket.h"

#include <algorithm>
#include <cmath>

namespace vedette {
namespace {

std::int64_t Capacity(RateLimit limit) {
  return std::max<std::int64_t>(1, limit.burst) * kUnitsPerToken;
}

// How long `units` take to come, rounded up.
std::chrono::milliseconds TimeFor(std::int64_t units, RateLimit limit) {
  if (units <= 0) return std::chrono::milliseconds(0);
  const double micros = static_cast<double>(units) / limit.rate;
  constexpr double kLongest = 1e15;
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(std::ceil(std::min(micros, kLongest) / 1000)));
}

}  // namespace

Bucket FullBucket(RateLimit limit, std::int64_t now_micros) {
  return {.units = Capacity(limit), .micros = now_micros};
}

std::int64_t UnitsAt(const Bucket& bucket, RateLimit limit, std::int64_t now_micros) {
  const std::int64_t capacity = Capacity(limit);
  const auto elapsed = static_cast<double>(std::max<std::int64_t>(0, now_micros - bucket.micros));
  const double refill = std::floor(std::min(elapsed * limit.rate, static_cast<double>(capacity)));
  return std::min(capacity, bucket.units + static_cast<std::int64_t>(refill));
}

LimitDecision TakeFromBucket(Bucket& bucket,
                             RateLimit limit,
                             std::int64_t amount,
                             std::int64_t now_micros) {
  const std::int64_t available = UnitsAt(bucket, limit, now_micros);
  if (amount > available / kUnitsPerToken) return MakeDecision(limit, amount, false, available);
  if (amount <= 0) return MakeDecision(limit, amount, true, available);
  bucket.units = available - amount * kUnitsPerToken;
  bucket.micros = std::max(bucket.micros, now_micros);
  return MakeDecision(limit, amount, true, bucket.units);
}

LimitDecision MakeDecision(RateLimit limit, std::int64_t amount, bool allowed, std::int64_t units) {
  const std::int64_t capacity = Capacity(limit);
  const std::int64_t burst = capacity / kUnitsPerToken;
  LimitDecision decision{.allowed = allowed,
                         .limit = burst,
                         .remaining = units / kUnitsPerToken,
                         .reset = TimeFor(capacity - units, limit)};
  if (!allowed && amount <= burst) {
    decision.retry_after = TimeFor(amount * kUnitsPerToken - units, limit);
  }
  return decision;
}

RateLimit ShareOf(RateLimit limit, std::int64_t replicas) {
  if (replicas <= 1) return limit;
  return {.rate = limit.rate / static_cast<double>(replicas),
          .burst = std::max<std::int64_t>(1, limit.burst / replicas)};
}

std::int64_t BucketLifetimeSeconds(RateLimit limit) {
  constexpr double kLongest = 1e9;  // what Redis takes with room to spare
  const double burst = static_cast<double>(Capacity(limit) / kUnitsPerToken);
  return static_cast<std::int64_t>(std::clamp(std::ceil(2 * burst / limit.rate), 1.0, kLongest));
}

}  // namespace vedette
