// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <utility>

#include "base/code.h"
#include "base/result.h"
#include "kit/task/sleep.h"
#include "kit/task/task.h"

namespace vedette::importing {

struct RetryPolicy {
  int attempts = 10;
  std::chrono::milliseconds first_wait{200};  // doubles each time
  std::chrono::milliseconds longest_wait{15'000};
};

// Waits between attempts. Ends early once `stopped` is set. Used from one executor.
class Retrier {
 public:
  Retrier(Sleeper& sleeper, RetryPolicy policy, const std::atomic<bool>& stopped)
      : sleeper_(sleeper), policy_(policy), stopped_(stopped) {}

  // Whether to try again after the error of attempt number `attempt` (from 1), having waited: as
  // long as the server asked, or half to all of the doubled time, so that callers spread.
  Task<bool> WaitAfter(Error error, int attempt) {
    if (!Describe(error.code).retryable || attempt >= policy_.attempts) co_return false;
    ++retries_;
    std::chrono::milliseconds left = Wait(error, attempt);
    // In small steps, so that a stop is heard.
    constexpr std::chrono::milliseconds kStep{200};
    while (left.count() > 0 && !stopped_) {
      const auto step = std::min(left, kStep);
      co_await sleeper_.Sleep(step);
      left -= step;
    }
    co_return !stopped_;
  }

  std::uint64_t retries() const { return retries_; }

 private:
  std::chrono::milliseconds Wait(const Error& error, int attempt) {
    if (error.retry_after) return std::min(*error.retry_after, policy_.longest_wait * 4);
    const auto doubled = policy_.first_wait * (std::int64_t{1} << std::min(attempt - 1, 20));
    const auto wait = std::min<std::chrono::milliseconds>(doubled, policy_.longest_wait);
    return wait / 2 + wait * static_cast<std::int64_t>(random_() % 512) / 1024;
  }

  Sleeper& sleeper_;
  RetryPolicy policy_;
  const std::atomic<bool>& stopped_;
  std::minstd_rand random_{std::random_device{}()};
  std::uint64_t retries_ = 0;
};

// Calls until it succeeds, fails for good, or the policy's attempts are used up.
template <class T>
Task<Result<T>> CallWithRetry(Retrier& retrier, std::move_only_function<Task<Result<T>>()> call) {
  for (int attempt = 1;; ++attempt) {
    Result<T> result = co_await call();
    if (result || !co_await retrier.WaitAfter(result.error(), attempt)) co_return result;
  }
}

}  // namespace vedette::importing
