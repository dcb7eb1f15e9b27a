// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/random.h"
#include "base/result.h"

namespace vedette::config {
class Section;
}  // namespace vedette::config

namespace vedette::rpc {

struct RetryOptions {
  std::int64_t max_attempts = 3;  // the first one included, hedges too
  std::chrono::milliseconds first_backoff = std::chrono::milliseconds(20);
  std::chrono::milliseconds longest_backoff = std::chrono::seconds(1);
  // After so long another instance is asked as well; a third of the time that is left when that is
  // shorter. So a frozen instance costs a fraction of the deadline.
  std::chrono::milliseconds attempt_timeout = std::chrono::seconds(1);
  double budget_share = 0.1;      // retries and hedges per call
  double budget_per_second = 10;  // and so many beside

  void Describe(config::Section& section);
};

// How an attempt failed.
struct FailedAttempt {
  const Error& error;
  bool never_sent = false;  // no server can have seen the request
};

// Whether another attempt can do good and no harm: the peer was not available, and either the
// operation is idempotent or the request never left.
bool IsRetryable(const FailedAttempt& failed, bool idempotent);

// Exponential with full jitter: uniform between 0 and first_backoff · 2^retries, at most
// longest_backoff. `retries` counts those made before.
std::chrono::nanoseconds Backoff(const RetryOptions& options, int retries, RandomSource& random);

// How long to wait before the next attempt, at least what the answer asked for; nullopt when that
// attempt could not end before the deadline, `left` from now, being expected to take `expected`.
std::optional<std::chrono::nanoseconds> RetryDelay(const RetryOptions& options,
                                                   int retries,
                                                   const Error& error,
                                                   std::chrono::nanoseconds left,
                                                   std::chrono::nanoseconds expected,
                                                   RandomSource& random);

// When another instance is asked although the first may still answer: the contract's time or the
// attempt timeout, whichever is shorter.
std::chrono::nanoseconds HedgeDelay(const RetryOptions& options,
                                    std::chrono::nanoseconds hedge_after,
                                    std::chrono::nanoseconds left);

}  // namespace vedette::rpc
