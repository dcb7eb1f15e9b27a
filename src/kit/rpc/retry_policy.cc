// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/retry_policy.h"

#include <algorithm>

#include "kit/config/section.h"

namespace vedette::rpc {

void RetryOptions::Describe(config::Section& section) {
  section.Field("max_attempts", max_attempts,
                {.text = "Attempts of one call, the first included; 1: no second one.",
                 .minimum = 1,
                 .maximum = 10});
  section.Field("first_backoff", first_backoff,
                {.text = "Longest wait before the first retry; doubled each time.",
                 .minimum = 0,
                 .maximum = 6e4});
  section.Field("longest_backoff", longest_backoff,
                {.text = "Longest wait before any retry.", .minimum = 0, .maximum = 6e4});
  section.Field(
      "attempt_timeout", attempt_timeout,
      {.text = "Time after which an attempt of an idempotent call is given up for another "
               "instance.",
       .minimum = 1,
       .maximum = 6e5});
  section.Field(
      "budget_share", budget_share,
      {.text = "Retries, as a part of the calls, that are allowed.", .minimum = 0, .maximum = 1});
  section.Field(
      "budget_per_second", budget_per_second,
      {.text = "Retries a second that are allowed beside.", .minimum = 0, .maximum = 1e4});
}

bool IsRetryable(const FailedAttempt& failed, bool idempotent) {
  return failed.error.code == Code::kUnavailable && (idempotent || failed.never_sent);
}

std::chrono::nanoseconds Backoff(const RetryOptions& options, int retries, RandomSource& random) {
  const auto longest = std::chrono::nanoseconds(options.longest_backoff);
  const auto doubled = std::chrono::nanoseconds(options.first_backoff) *
                       (std::int64_t{1} << std::clamp(retries, 0, 20));
  const auto most = std::min(longest, doubled);
  return std::chrono::nanoseconds(
      random.Below(static_cast<std::uint64_t>(std::max<std::int64_t>(most.count(), 0)) + 1));
}

std::optional<std::chrono::nanoseconds> RetryDelay(const RetryOptions& options,
                                                   int retries,
                                                   const Error& error,
                                                   std::chrono::nanoseconds left,
                                                   std::chrono::nanoseconds expected,
                                                   RandomSource& random) {
  std::chrono::nanoseconds delay = Backoff(options, retries, random);
  if (const auto asked = error.retry_after.value_or(std::chrono::milliseconds(0));
      asked.count() > 0) {
    // Compared first: what a peer asks for need not fit into nanoseconds.
    if (asked > std::chrono::duration_cast<std::chrono::milliseconds>(left)) return std::nullopt;
    delay = std::max(delay, std::chrono::nanoseconds(asked));
  }
  if (delay >= left || expected >= left - delay) return std::nullopt;
  return delay;
}

RetryOptions WithPatience(RetryOptions options,
                          std::chrono::milliseconds contract_timeout,
                          std::chrono::milliseconds usual) {
  if (contract_timeout > usual) {
    options.attempt_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(
        options.attempt_timeout * (std::chrono::duration<double>(contract_timeout) / usual));
  }
  return options;
}

std::optional<std::chrono::nanoseconds> AttemptTimeout(const RetryOptions& options,
                                                       std::chrono::nanoseconds usually,
                                                       std::chrono::nanoseconds left) {
  const auto patience =
      std::max(std::min(std::chrono::nanoseconds(options.attempt_timeout), left / 3), 2 * usually);
  if (patience >= left - usually) return std::nullopt;
  return patience;
}

std::chrono::nanoseconds HedgeDelay(std::chrono::nanoseconds hedge_after,
                                    std::chrono::nanoseconds left) {
  return std::min(hedge_after, left / 3);
}

void UsualTime::Add(std::chrono::nanoseconds took) {
  // Of two that come at once one may be lost.
  const std::int64_t before = nanoseconds_.load(std::memory_order_relaxed);
  const std::int64_t step = before == 0             ? took.count()
                            : took.count() > before ? (took.count() - before) / 2
                                                    : (took.count() - before) / 20;
  nanoseconds_.store(before + step, std::memory_order_relaxed);
}

}  // namespace vedette::rpc
