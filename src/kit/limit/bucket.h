// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kit/limit/limiter.h"

namespace vedette {

// What one token bucket remembers. Tokens are counted in millionths, so that a rate of one a second
// brings one unit a microsecond and integers suffice.
struct Bucket {
  std::int64_t units = 0;   // 1'000'000 are one token
  std::int64_t micros = 0;  // when that was so
};

inline constexpr std::int64_t kUnitsPerToken = 1'000'000;

// A bucket that nobody has taken from.
Bucket FullBucket(RateLimit limit, std::int64_t now_micros);

// Units at `now_micros`: fractions are dropped, and a clock that steps back brings nothing. So
// between two moments never more is granted than burst + rate · time.
std::int64_t UnitsAt(const Bucket& bucket, RateLimit limit, std::int64_t now_micros);

// Takes `amount` (0 or more) tokens if they are there; otherwise leaves the bucket as it is.
LimitDecision TakeFromBucket(Bucket& bucket,
                             RateLimit limit,
                             std::int64_t amount,
                             std::int64_t now_micros);

// What a caller is told when `units` are left after the decision.
LimitDecision MakeDecision(RateLimit limit, std::int64_t amount, bool allowed, std::int64_t units);

// The part of one of `replicas` replicas: of each at least a burst of 1.
RateLimit ShareOf(RateLimit limit, std::int64_t replicas);

// Seconds after which a bucket is full again whatever was taken, twice over: max(1,
// ⌈2·burst/rate⌉).
std::int64_t BucketLifetimeSeconds(RateLimit limit);

}  // namespace vedette
