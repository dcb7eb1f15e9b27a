// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
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
  // After so long an attempt of an idempotent call is given up for another instance; see
  // AttemptTimeout.
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

// attempt_timeout; longer in proportion where a contract gives its calls a longer time than is
// `usual`, because it expects them to need it: a batch of observations, say.
RetryOptions WithPatience(RetryOptions options,
                          std::chrono::milliseconds contract_timeout,
                          std::chrono::milliseconds usual);

// When an attempt of an idempotent call counts as failed and another instance is asked in its
// place: after attempt_timeout, or a third of the time that is `left` where that is shorter, so
// that a frozen instance costs a fraction of the deadline; but not before twice what the operation
// `usually` takes, so that a slow one is not taken for a frozen one. nullopt when what would be
// left then is too little for another attempt.
std::optional<std::chrono::nanoseconds> AttemptTimeout(const RetryOptions& options,
                                                       std::chrono::nanoseconds usually,
                                                       std::chrono::nanoseconds left);

// When another instance is asked beside the first: the contract's time, or a third of what is
// `left` where that is shorter.
std::chrono::nanoseconds HedgeDelay(std::chrono::nanoseconds hedge_after,
                                    std::chrono::nanoseconds left);

// What an operation usually takes: a mean that goes half of the way up to a longer time and a
// twentieth of the way down to a shorter one, so that it errs on the side of patience. Thread-safe.
class UsualTime {
 public:
  void Add(std::chrono::nanoseconds took);
  // 0 before the first.
  std::chrono::nanoseconds value() const {
    return std::chrono::nanoseconds(nanoseconds_.load(std::memory_order_relaxed));
  }

 private:
  std::atomic<std::int64_t> nanoseconds_ = 0;
};

}  // namespace vedette::rpc
