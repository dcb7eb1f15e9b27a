// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/verdict.h"

#include <algorithm>

#include "kit/queue/job_runner.h"

namespace vedette::queue {
namespace {

// Of a wish for a later attempt, which may come from afar.
constexpr std::chrono::milliseconds kLongestWish = std::chrono::days(1);

}  // namespace

bool IsWorthRetrying(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kUnauthenticated:
    case Code::kPermissionDenied:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kFailedPrecondition:
    case Code::kPayloadTooLarge:
    case Code::kUnimplemented:
      return false;
    case Code::kConflict:
    case Code::kResourceExhausted:
    case Code::kCancelled:
    case Code::kDeadlineExceeded:
    case Code::kUnavailable:
    case Code::kInternal:
      return true;
  }
  return true;
}

Verdict Judge(const std::optional<Status>& answer,
              StopReason reason,
              std::int64_t attempt,
              std::int64_t max_attempts) {
  if (answer && *answer) return {.outcome = JobOutcome::kDone};
  if (reason == StopReason::kLost) return {.outcome = JobOutcome::kLost};
  if (reason == StopReason::kCancelled) return {.outcome = JobOutcome::kCancelled};
  if (reason == StopReason::kStopping) return {.outcome = JobOutcome::kReleased};
  Error error{Code::kInternal, ""};
  if (answer) error = answer->error();
  if (reason == StopReason::kTimeout) error.code = Code::kDeadlineExceeded;
  if (!IsWorthRetrying(error.code) || attempt >= max_attempts) {
    return {.outcome = JobOutcome::kDead, .error = error.code};
  }
  return {
      .outcome = JobOutcome::kRetried,
      .error = error.code,
      .at_least = std::min(error.retry_after.value_or(std::chrono::milliseconds(0)), kLongestWish)};
}

}  // namespace vedette::queue
