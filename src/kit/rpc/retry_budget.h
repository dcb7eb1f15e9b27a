// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>

#include "base/clock.h"

namespace vedette::rpc {

// Keeps retries a small part of the load, so that they cannot make an outage worse: a bucket that
// each call fills by `share` and time by `per_second`, up to ten seconds' worth of the latter plus
// 100 calls' worth of the former; each retry or hedge takes one. Thread-safe.
class RetryBudget {
 public:
  // `clock` outlives it.
  RetryBudget(double share, double per_second, const Clock& clock);

  void OnCall();
  // False when there is none to take.
  bool Take();
  double tokens() const;

 private:
  void Fill(SteadyTime now);

  const double share_;
  const double per_second_;
  const double capacity_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  double tokens_;
  SteadyTime filled_;
};

}  // namespace vedette::rpc
