// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/queue/job_queue.h"
#include "kit/queue/job_runner.h"
#include "kit/task/deadline.h"
#include "services/rule/backtest_computer.h"
#include "services/rule/backtest_store.h"
#include "services/rule/backtest_types.h"
#include "services/rule/catalog_source.h"
#include "services/rule/store.h"

namespace vedette::rule {

// Does the jobs of kBacktestJob. A back-test ends once, together with its job and with what it is
// attached to: done, cancelled because somebody asked for it, or failed. Where the process stops or
// dies, or the claim is lost, nothing is written and the next attempt begins anew. What may pass (a
// service that is away) is tried again, until the third attempt. Thread-safe.
class BacktestWorker {
 public:
  struct Dependencies {
    RuleStore& rules;
    BacktestStore& store;
    CatalogSource& catalogs;
    HistorySource& history;
    queue::JobQueue& queue;
    const Clock& clock;
    Logger logger;
  };
  struct Options {
    std::int64_t at_once = 2;
    // How often progress is written, and what the row asks for is read.
    std::chrono::milliseconds show_interval{500};
  };

  BacktestWorker(Dependencies dependencies, Options options);

  // How a runner is to treat the jobs.
  queue::KindOptions KindOptions() const;
  // The handler. An error is for the queue to try again.
  Task<Status> Do(queue::Job job);

 private:
  Task<Status> Step(queue::Job job);
  Deadline Within(const queue::Job& job, std::chrono::seconds limit) const;
  // The back-test as it is to end: done, or cancelled on request; an error, also where something
  // threw, when it came to no end. Only the cancellation of this task is thrown.
  Task<Result<Backtest>> Try(queue::Job job);
  Task<Result<Backtest>> Attempt(queue::Job job);
  // Until the attempt has ended; throws CancelRequested.
  Task<Status> ShowProgress(std::string id, std::shared_ptr<BacktestAttempt> attempt);
  Task<Status> End(queue::Job job, Backtest backtest);

  Dependencies dependencies_;
  const Options options_;
  const SystemClock steady_;  // timers of the system measure deadlines and intervals
  BacktestComputer computer_;
};

}  // namespace vedette::rule
