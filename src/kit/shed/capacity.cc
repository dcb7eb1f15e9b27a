// SPDX-License-Identifier: Apache-2.0
#include "kit/shed/capacity.h"

#include <algorithm>
#include <cmath>

namespace vedette {

double OverloadFactor(double usage, double threshold, double minimum) {
  return std::clamp((1000 - usage) / (1000 - threshold), minimum, 1.0);
}

double FlightLimit(const Served& served, double buckets_per_second, double factor) {
  const double calls_per_ms = static_cast<double>(served.most_passed) * buckets_per_second / 1000;
  return std::max(calls_per_ms * served.least_time_ms, 1.0) * factor;
}

double WaitingLimit(const Served& served,
                    double buckets_per_second,
                    std::chrono::milliseconds wait) {
  const double calls_per_second = static_cast<double>(served.most_passed) * buckets_per_second;
  return calls_per_second * std::chrono::duration<double>(wait).count();
}

void ServedWindow::AddPass(SteadyTime now, std::chrono::nanoseconds took) {
  stale_ |= window_.Advance(now);
  Bucket& bucket = window_.current();
  ++bucket.passed;
  bucket.time_ms += std::chrono::ceil<std::chrono::milliseconds>(took).count();
}

const Served& ServedWindow::ServedBy(SteadyTime now) {
  stale_ |= window_.Advance(now);
  if (!stale_) return served_;
  stale_ = false;
  served_ = Served();
  window_.ForEachComplete(now, [&](const Bucket& bucket) {
    if (bucket.passed == 0) return;
    served_.most_passed = std::max(served_.most_passed, bucket.passed);
    const double mean =
        std::round(static_cast<double>(bucket.time_ms) / static_cast<double>(bucket.passed));
    served_.least_time_ms = std::min(served_.least_time_ms, mean);
  });
  return served_;
}

}  // namespace vedette
