// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "kit/breaker/rolling_window.h"

namespace vedette {

// What was served lately, in the buckets of a window that are complete.
struct Served {
  std::int64_t most_passed = 1;  // in one bucket; at least 1
  double least_time_ms = 1000;   // of the buckets' mean times, rounded; at most 1000

  bool operator==(const Served&) const = default;
};

// (1000 − usage) / (1000 − threshold), at least `minimum` and at most 1: what is left of the
// capacity while the processors are as busy as `usage`.
double OverloadFactor(double usage, double threshold, double minimum);

// Calls that may be worked on, after Little's law: calls per bucket · buckets per second · seconds
// per call, at least 1, times what is left.
double FlightLimit(const Served& served, double buckets_per_second, double factor);

// Calls that may wait beside: as many as are served in the time `wait`.
double WaitingLimit(const Served& served,
                    double buckets_per_second,
                    std::chrono::milliseconds wait);

// Calls that passed and what time they took, each rounded up to milliseconds. Not thread-safe.
class ServedWindow {
 public:
  ServedWindow(std::size_t buckets, std::chrono::nanoseconds interval, SteadyTime start)
      : window_(buckets, interval, start) {}

  void AddPass(SteadyTime now, std::chrono::nanoseconds took);
  // Without the current bucket, so it changes once a bucket.
  const Served& ServedBy(SteadyTime now);

 private:
  struct Bucket {
    std::int64_t passed = 0;
    std::int64_t time_ms = 0;
  };
  RollingWindow<Bucket> window_;
  Served served_;
  bool stale_ = false;  // a bucket was completed since served_ was computed
};

}  // namespace vedette
