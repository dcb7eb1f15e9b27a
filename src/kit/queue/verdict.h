// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "kit/queue/active_job.h"
#include "kit/queue/job.h"

namespace vedette::queue {

// What is to be written about an attempt that has ended.
struct Verdict {
  JobOutcome outcome = JobOutcome::kDone;
  Code error = Code::kInternal;           // of kRetried and kDead
  std::chrono::milliseconds at_least{0};  // of kRetried: the wait asked for, a day at most
};

// `answer` is the handler's, absent when an exception ended it, its cancellation included. What the
// handler did counts more than why it was stopped: a success is kDone.
Verdict Judge(const std::optional<Status>& answer,
              StopReason reason,
              std::int64_t attempt,
              std::int64_t max_attempts);

}  // namespace vedette::queue
