// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "base/log.h"
#include "kit/queue/job_metrics.h"
#include "kit/queue/job_queue.h"
#include "kit/queue/job_runner.h"
#include "kit/queue/job_table.h"

namespace vedette::queue {

// Reads the depth of a queue from time to time, and drops jobs given up that are too old or too
// many. Thread-safe.
class JobObserver {
 public:
  JobObserver(std::string service,
              JobRunnerOptions options,
              JobQueue& queue,
              MetricsRegistry& metrics,
              Logger logger);

  // Until its task is cancelled.
  Task<void> Run();

  JobDepth depth() const;
  std::uint64_t dropped() const { return metrics_.dropped(); }

 private:
  Deadline StatementDeadline() const;
  Task<void> DropDead(JobCounts counts);
  void Show(const JobCounts& counts);

  const std::string service_;
  const JobRunnerOptions options_;
  JobQueue& queue_;
  const Logger logger_;
  const SystemClock clock_;  // timers of the system measure deadlines
  JobDepthMetrics metrics_;
  mutable std::mutex mutex_;
  JobDepth depth_;
};

}  // namespace vedette::queue
