// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "kit/db/database.h"
#include "services/rule/backtest_types.h"

namespace vedette::rule {

// The tables rule_backtest*. Thread-safe.
class BacktestStore {
 public:
  explicit BacktestStore(db::Database& database) : database_(database) {}

  // One that begins.
  Task<Status> Add(Deadline deadline, Backtest backtest);
  // How it ended, with its report.
  Task<Status> Conclude(Deadline deadline, Backtest backtest);
  // kNotFound when the study has no such back-test.
  Task<Result<Backtest>> Get(Deadline deadline, std::string study_id, std::string id);
  // Those that are under way without anybody to end them have failed.
  Task<Status> FailUnfinished(Deadline deadline, Timestamp at, std::string error);

 private:
  db::Database& database_;
};

}  // namespace vedette::rule
