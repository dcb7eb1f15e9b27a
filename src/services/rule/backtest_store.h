// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/embedded_file.h"
#include "base/result.h"
#include "kit/db/database.h"
#include "services/rule/backtest_types.h"

namespace vedette::rule {

// The kind of the jobs that run back-tests; their key is the back-test's id.
inline constexpr std::string_view kBacktestJob = "backtest";

// All tables of rule, those of its jobs included.
std::vector<EmbeddedFile> Migrations();

// What the row asks of whoever runs the back-test.
enum class BacktestDemand : std::uint8_t {
  kWanted,
  kCancelRequested,
  kOver,  // it has ended, or there is none
};

// The tables rule_backtest*. A back-test ends once. Thread-safe.
class BacktestStore {
 public:
  explicit BacktestStore(db::Database& database) : database_(database) {}

  Task<Result<std::int64_t>> CountUnfinished(db::Transaction& transaction);
  // One that begins.
  Task<Status> Add(db::Transaction& transaction, Backtest backtest);
  // How it ended, with its report. False, and nothing written, when it has ended before.
  Task<Result<bool>> Conclude(db::Transaction& transaction, Backtest backtest);
  // Notes that somebody asked it to end. False when it has ended, or there is none in the study.
  Task<Result<bool>> RequestCancel(db::Transaction& transaction,
                                   std::string study_id,
                                   std::string id);

  // Where it stands; `progress` from 0 to 1.
  Task<Result<BacktestDemand>> ShowProgress(Deadline deadline,
                                            std::string id,
                                            BacktestStatus status,
                                            double progress);
  // kNotFound when the study has no such back-test.
  Task<Result<Backtest>> Get(Deadline deadline, std::string study_id, std::string id);
  // Those under way without a job that would end them have failed; how many they were.
  Task<Result<std::int64_t>> FailAbandoned(Deadline deadline, Timestamp at, std::string error);

 private:
  db::Database& database_;
};

}  // namespace vedette::rule
