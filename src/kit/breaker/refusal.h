// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kit/breaker/breaker.h"

namespace vedette {

struct BreakerBucket {
  std::int64_t accepted = 0;
  std::int64_t failed = 0;
  std::int64_t refused = 0;

  std::int64_t total() const { return accepted + failed + refused; }
};

// What a window tells. Working and failing buckets are counted from its newest end: so many in a
// row had successes and no failure, or failures and no success; empty buckets and those with
// refusals alone do not interrupt a row.
struct BreakerHistory {
  std::int64_t total = 0;
  std::int64_t accepted = 0;
  std::int64_t failing_buckets = 0;
  std::int64_t working_buckets = 0;

  // Of the bucket that follows those before.
  void Append(const BreakerBucket& bucket);
};

// (total − protection − w · accepted) / (total + 1), where w falls from k to k_minimum as failing
// buckets fill the window. Nothing is refused unless it is positive.
double RefusalRatio(const BreakerOptions& options, const BreakerHistory& history);

// How likely a call is refused, forced passes aside: the ratio, the less the more buckets work. In
// [0, 1].
double RefusalProbability(const BreakerOptions& options, const BreakerHistory& history);

}  // namespace vedette
