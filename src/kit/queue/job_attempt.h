// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string_view>

#include "base/log.h"
#include "base/random.h"
#include "kit/queue/active_job.h"
#include "kit/queue/job_queue.h"
#include "kit/queue/job_runner.h"
#include "kit/telemetry/tracer.h"

namespace vedette::queue {

// What the attempts of a runner have in common.
struct AttemptContext {
  JobQueue& queue;
  RandomSource& random;
  Tracer& tracer;
  const Logger logger;
  const std::chrono::milliseconds claim;
  const std::atomic<bool>& stopping;
};

// How an attempt ended, as it was written.
struct AttemptEnd {
  JobOutcome outcome = JobOutcome::kLost;
  Code error = Code::kInternal;  // of kRetried and kDead
};

// Handles a claimed job: runs its handler, keeps the claim meanwhile, and writes what it came to.
// Nothing of it runs any more when this returns. To be awaited by a task that does not throw when
// it is cancelled. `kind`, `handler` and `context` outlive it; `now` is when it was claimed.
Task<AttemptEnd> AttemptJob(const AttemptContext* context,
                            std::string_view kind,
                            const JobHandler* handler,
                            KindOptions options,
                            std::shared_ptr<ActiveJob> job,
                            Timestamp now);

}  // namespace vedette::queue
