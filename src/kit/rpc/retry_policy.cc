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
  section.Field("attempt_timeout", attempt_timeout,
                {.text = "Time after which an idempotent call asks another instance as well.",
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

std::chrono::nanoseconds HedgeDelay(const RetryOptions& options,
                                    std::chrono::nanoseconds hedge_after,
                                    std::chrono::nanoseconds left) {
  const auto patience = std::min(std::chrono::nanoseconds(options.attempt_timeout), left / 3);
  return hedge_after.count() > 0 ? std::min(hedge_after, patience) : patience;
}

}  // namespace vedette::rpc
