// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/job_observer.h"

#include <algorithm>
#include <utility>

#include "kit/queue/contained.h"
#include "kit/task/sleep.h"

namespace vedette::queue {
namespace {

constexpr std::chrono::seconds kStatementTimeout{5};

}  // namespace

JobObserver::JobObserver(std::string service,
                         JobRunnerOptions options,
                         JobQueue& queue,
                         MetricsRegistry& metrics,
                         Logger logger)
    : service_(std::move(service)),
      options_(options),
      queue_(queue),
      logger_(std::move(logger)),
      metrics_(metrics, service_) {}

Task<void> JobObserver::Run() {
  while (true) {
    const auto counts = co_await Contained(Count(queue_.database(), StatementDeadline()));
    if (counts) {
      Show(*counts);
      co_await DropDead(*counts);
    }
    co_await SleepFor(options_.observe);
  }
}

JobDepth JobObserver::depth() const {
  const std::lock_guard lock(mutex_);
  return depth_;
}

Deadline JobObserver::StatementDeadline() const {
  return Deadline::After(clock_, kStatementTimeout);
}

Task<void> JobObserver::DropDead(JobCounts counts) {
  const Timestamp oldest = queue_.clock().Now() - options_.keep_dead;
  const bool old = counts.oldest_dead > 0 && FromUnixMicros(counts.oldest_dead) < oldest;
  if (!old && counts.dead <= options_.most_dead) co_return;
  const auto dropped = co_await Contained(
      DropDeadJobs(queue_.database(), oldest, options_.most_dead, StatementDeadline()));
  if (!dropped || *dropped == 0) co_return;
  metrics_.CountDropped(*dropped);
  logger_.Warning("jobs that had been given up were dropped",
                  {{"service", service_}, {"jobs", *dropped}});
}

void JobObserver::Show(const JobCounts& counts) {
  JobDepth now{counts.waiting, counts.running, counts.dead, std::chrono::microseconds(0)};
  if (counts.oldest_due > 0) {
    const auto age = queue_.clock().Now() - FromUnixMicros(counts.oldest_due);
    now.oldest = std::max(std::chrono::microseconds(0), age);
  }
  metrics_.Show(now);
  const std::lock_guard lock(mutex_);
  depth_ = now;
}

}  // namespace vedette::queue
