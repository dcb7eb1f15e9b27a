// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kit/queue/job_queue.h"
#include "services/rule/backtest_plan.h"
#include "services/rule/backtest_store.h"
#include "services/rule/backtest_types.h"

namespace vedette::rule {

// The back-tests of all processes of this service: each is a row that tells where it stands, and a
// job of the durable queue that a BacktestWorker of any of them does. Thread-safe.
class Backtests {
 public:
  struct Dependencies {
    BacktestStore& store;
    queue::JobQueue& queue;
    const Clock& clock;
  };

  // `most_unfinished`: how many wait or run before more are refused. Those started at the very same
  // moment do not see each other.
  Backtests(Dependencies dependencies, std::int64_t most_unfinished);

  // What has no job, and so nobody to end it, has failed. At the start of a process.
  Task<Status> Recover();
  // `order` is settled. kResourceExhausted when as many are unfinished as may be.
  Task<Result<Backtest>> Start(Deadline deadline, Backtest backtest, BacktestOrder order);
  Task<Result<Backtest>> Get(Deadline deadline, std::string study_id, std::string id);
  // One that waits ends here; one that runs is asked to, wherever it does. What it is now.
  Task<Result<Backtest>> Cancel(Deadline deadline, std::string study_id, std::string id);

 private:
  Dependencies dependencies_;
  const std::int64_t most_unfinished_;
};

}  // namespace vedette::rule
