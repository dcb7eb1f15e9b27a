// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "base/result.h"
#include "kit/task/blocking_pool.h"
#include "kit/task/deadline.h"
#include "kit/task/signal.h"
#include "kit/task/task.h"
#include "services/rule/backtest_plan.h"
#include "services/rule/backtest_types.h"
#include "services/rule/history_source.h"

namespace vedette::rule {

// Where an attempt at a back-test stands. Thread-safe.
struct BacktestAttempt {
  std::atomic<BacktestStatus> status = BacktestStatus::kLoading;
  std::atomic<double> progress = 0;
  std::atomic<bool> stop = false;  // once set, reading and computing end at their next step
  Signal ended;
};

// Reads a study's history and runs rules over it, on threads of its own, never on those that serve
// calls. Thread-safe.
class BacktestComputer {
 public:
  // `history` outlives it. At most `at_once` computations.
  BacktestComputer(HistorySource& history, std::size_t at_once);

  // What the plan's rule answers about everything recorded, as of `backtest.started_at`. Cancelled,
  // it ends once its thread has. kCancelled when the attempt was told to stop; kResourceExhausted
  // when as many compute as may; throws what the computation throws.
  Task<Result<BacktestReport>> Run(BacktestPlan plan,
                                   Backtest backtest,
                                   Deadline deadline,
                                   std::shared_ptr<BacktestAttempt> attempt);

 private:
  Task<Result<BacktestReport>> Compute(BacktestPlan plan,
                                       Backtest backtest,
                                       std::shared_ptr<const rules::History> history,
                                       std::shared_ptr<BacktestAttempt> attempt);

  HistorySource& history_;
  BlockingPool pool_;
};

}  // namespace vedette::rule
