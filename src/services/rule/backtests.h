// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/rpc/call_context.h"
#include "kit/task/blocking_pool.h"
#include "kit/task/runtime.h"
#include "kit/task/task_group.h"
#include "rules/rule.h"
#include "services/rule/backtest_store.h"
#include "services/rule/backtest_types.h"
#include "services/rule/history_source.h"
#include "services/rule/store.h"

namespace vedette::rule {

// What a back-test runs: the rule, an earlier version to compare it with, and the rules at work.
struct BacktestPlan {
  Backtest backtest;  // with its id; of a kept version, the number too
  std::shared_ptr<const rules::Catalog> catalog;
  std::shared_ptr<const rules::Rule> rule;
  std::shared_ptr<const rules::Rule> earlier;  // or null
  std::vector<std::shared_ptr<const rules::Rule>> active;
};

// The back-tests under way in this process: few at once, each on a thread of its own, never on the
// threads that serve calls. One that ends is kept, and attached to its version while nobody has
// signed that. Thread-safe.
class Backtests {
 public:
  struct Dependencies {
    RuleStore& rules;
    BacktestStore& store;
    HistorySource& history;
    const Clock& clock;
    Logger logger;
    Runtime& runtime;
  };

  Backtests(Dependencies dependencies, std::size_t at_once);
  ~Backtests();

  // What another run of this service left unfinished has failed. Before the first Start.
  Task<Status> Recover();
  // kResourceExhausted when as many run as may.
  Task<Result<Backtest>> Start(Deadline deadline, BacktestPlan plan);
  Task<Result<Backtest>> Get(Deadline deadline, std::string study_id, std::string id);
  // Asks it to end; answers what it is now.
  Task<Result<Backtest>> Cancel(Deadline deadline, std::string study_id, std::string id);
  // Cancels all and waits.
  Task<void> Close();

 private:
  struct Running {
    std::atomic<double> progress = 0;
    std::atomic<bool> computing = false;
    std::atomic<bool> cancelled = false;
  };

  std::shared_ptr<Running> Find(const std::string& id) const;
  Task<void> Run(BacktestPlan plan, std::shared_ptr<Running> running);
  // As Compute, but whatever goes wrong is an answer.
  Task<Result<BacktestReport>> Report(const BacktestPlan& plan, std::shared_ptr<Running> running);
  Task<Result<BacktestReport>> Compute(const BacktestPlan& plan, std::shared_ptr<Running> running);
  Task<Status> Attach(const Backtest& backtest);

  Dependencies dependencies_;
  const std::size_t at_once_;
  BlockingPool pool_;
  TaskGroup tasks_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Running>, std::less<>> running_;
};

}  // namespace vedette::rule
