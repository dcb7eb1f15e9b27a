// SPDX-License-Identifier: Apache-2.0
#include "services/rule/backtest_computer.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "kit/task/spawn.h"
#include "services/rule/backtest_test_support.h"

namespace vedette::rule {
namespace {

class BacktestComputerTest : public ::testing::Test {
 protected:
  BacktestPlan Plan() {
    auto plan = PlanBacktest(
        {.envelope = "rule: X\ntitle: x\nseverity: info\nwhen: vs.SYSBP.value > 140.0\n"},
        FixedCatalog().catalog(), {});
    return *std::move(plan);
  }
  // One computation at a time: a thread that went on would make this kResourceExhausted at last.
  Result<BacktestReport> RunOnce() {
    return Await<Result<BacktestReport>>(runtime_, [&] {
      return computer_.Run(Plan(), Backtest{.id = "b", .study_id = "S1"}, Deadline::None(),
                           std::make_shared<BacktestAttempt>());
    });
  }
  Task<void> RunInto(std::shared_ptr<BacktestAttempt> attempt,
                     std::optional<Result<BacktestReport>>* report) {
    report->emplace(co_await computer_.Run(Plan(), Backtest{.id = "b", .study_id = "S1"},
                                           Deadline::None(), std::move(attempt)));
  }

  FixedHistory history_;
  Runtime runtime_{1};
  BacktestComputer computer_{history_, 1};
};

TEST_F(BacktestComputerTest, AnAttemptThatWasToldToStopComputesNoAnswer) {
  const auto attempt = std::make_shared<BacktestAttempt>();
  attempt->stop = true;
  const auto report = Await<Result<BacktestReport>>(runtime_, [&] {
    return computer_.Run(Plan(), Backtest{.id = "b", .study_id = "S1"}, Deadline::None(), attempt);
  });
  EXPECT_EQ(report.error().code, Code::kCancelled);
  EXPECT_TRUE(attempt->ended.IsSet());
  EXPECT_EQ(RunOnce()->records, 2);
}

// Whatever the moment, the task ends, tells so, and leaves no thread behind it.
TEST_F(BacktestComputerTest, CancelledItEndsAndStopsItsThread) {
  for (int turn = 0; turn < 20; ++turn) {
    history_.silent = turn % 2 == 0;
    const auto attempt = std::make_shared<BacktestAttempt>();
    std::optional<Result<BacktestReport>> report;
    Canceller canceller;
    const Signal over;
    Spawn(
        runtime_.At(0), [&] { return RunInto(attempt, &report); },
        [&](std::exception_ptr) { over.Set(); }, canceller);
    canceller.Cancel();
    EXPECT_TRUE(Await<bool>(runtime_, [&] { return over.Wait(); }));
    if (report && *report) continue;  // it was faster
    history_.silent = false;
    EXPECT_EQ(RunOnce()->records, 2);
  }
}

}  // namespace
}  // namespace vedette::rule
