// SPDX-License-Identifier: Apache-2.0
#include "kit/breaker/refusal.h"

#include <algorithm>

namespace vedette {

void BreakerHistory::Append(const BreakerBucket& bucket) {
  total += bucket.total();
  accepted += bucket.accepted;
  if (bucket.failed > 0) {
    working_buckets = 0;
  } else if (bucket.accepted > 0) {
    ++working_buckets;
  }
  if (bucket.accepted > 0) {
    failing_buckets = 0;
  } else if (bucket.failed > 0) {
    ++failing_buckets;
  }
}

double RefusalRatio(const BreakerOptions& options, const BreakerHistory& history) {
  const double failing_share =
      static_cast<double>(history.failing_buckets) / static_cast<double>(options.buckets);
  const double weight =
      std::max(options.k - (options.k - options.k_minimum) * failing_share, options.k_minimum);
  return (static_cast<double>(history.total - options.protection) -
          weight * static_cast<double>(history.accepted)) /
         static_cast<double>(history.total + 1);
}

double RefusalProbability(const BreakerOptions& options, const BreakerHistory& history) {
  const double working_share =
      static_cast<double>(history.working_buckets) / static_cast<double>(options.buckets);
  return std::max(RefusalRatio(options, history), 0.0) * (1 - working_share);
}

}  // namespace vedette
