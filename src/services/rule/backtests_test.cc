// SPDX-License-Identifier: Apache-2.0
// Back-tests of several processes on one database.
#include "services/rule/backtests.h"

#include <gtest/gtest.h>

#include "kit/queue/job_table.h"
#include "kit/task/runtime.h"
#include "kit/testing/databases.h"
#include "kit/testing/eventually.h"
#include "kit/testing/fake_clock.h"
#include "rules/envelope/envelope.h"
#include "services/rule/authoring.h"
#include "services/rule/backtest_test_support.h"

namespace vedette::rule {
namespace {

using queue::JobOutcome;
using testkit::DatabaseKind;
using testkit::Eventually;

constexpr db::Sql kCountJobs("test_count_jobs", "SELECT COUNT(*) FROM vedette_job");

class BacktestsTest : public ::testing::TestWithParam<DatabaseKind> {
 protected:
  BacktestsTest()
      : database_(testkit::OpenTestDatabase(GetParam(), runtime_, Migrations())),
        rules_(*database_) {
    EXPECT_TRUE(Run<Status>([&] { return WriteRule(); }));
  }

  template <class T>
  T Run(std::move_only_function<Task<T>()> work) {
    return Await<T>(runtime_, std::move(work));
  }
  Task<Status> WriteRule() {
    const auto catalog = catalogs_.catalog();
    VEDETTE_CO_TRY(const auto definition, FromThreshold({.rule_id = "HIGH",
                                                         .name = "High",
                                                         .item = "SYSBP",
                                                         .value = 140,
                                                         .unit = "mmHg",
                                                         .message = "{value}"},
                                                        *catalog));
    VEDETTE_CO_TRY(const auto checked,
                   CheckOneRule(rules::CanonicalText(definition), "HIGH", catalog));
    RuleVersion version = Describe(checked, *catalog);
    version.version_id = "v1";
    version.created_by = "ann";
    version.created_at = clock_.Now();
    VEDETTE_CO_TRY(auto change,
                   co_await rules_.BeginChange(Deadline::None(), "S1", "HIGH", clock_.Now()));
    VEDETTE_CO_CHECK_OK(co_await change.Add(std::move(version)));
    co_return co_await change.Commit();
  }

  std::unique_ptr<BacktestProcess> Begin(HistorySource& history, std::int64_t most = 1) {
    return std::make_unique<BacktestProcess>(*database_, catalogs_, history, clock_, runtime_,
                                             most);
  }
  // One that takes orders and does no work.
  std::unique_ptr<BacktestProcess> BeginIdle() {
    auto process = Begin(history_);
    process->Stop();
    return process;
  }
  Result<Backtest> Start(BacktestProcess& process, std::string id = "b1") {
    const Backtest backtest{.id = std::move(id),
                            .study_id = "S1",
                            .rule_id = "HIGH",
                            .version = 1,
                            .started_by = "ann",
                            .started_at = clock_.Now()};
    return Run<Result<Backtest>>([&] {
      return process.backtests.Start(
          Deadline::None(), backtest,
          {.rule_id = "HIGH", .version = 1, .compare_with = kNoComparison});
    });
  }
  Backtest Get(BacktestProcess& process, const std::string& id = "b1") {
    return *Run<Result<Backtest>>(
        [&] { return process.backtests.Get(Deadline::None(), "S1", id); });
  }
  Backtest Cancel(BacktestProcess& process, const std::string& id = "b1") {
    return *Run<Result<Backtest>>(
        [&] { return process.backtests.Cancel(Deadline::None(), "S1", id); });
  }
  bool HasEnded(BacktestProcess& process, const std::string& id = "b1") {
    return Get(process, id).ended_at != Timestamp{};
  }
  Status Do(BacktestProcess& process, queue::Job job) {
    return Run<Status>([&] { return process.worker.Do(job); });
  }
  // Claims the job as a runner would whose claim ends at once.
  queue::Job Take() {
    auto taken = *Run<Result<std::vector<queue::Claimed>>>([&] {
      return queue::Claim(*database_,
                          {.kinds = {std::string(kBacktestJob)},
                           .limit = 1,
                           .now = ToUnixMicros(clock_.Now()),
                           .until = ToUnixMicros(clock_.Now()),
                           .claim = NewUuid(clock_.Now())},
                          Deadline::None());
    });
    EXPECT_EQ(taken.size(), 1U);
    return taken.at(0).job;
  }
  std::string Attached() {
    return Run<Result<std::vector<RuleVersion>>>(
               [&] { return rules_.ListStudy(Deadline::None(), "S1"); })
        ->at(0)
        .backtest_id;
  }
  std::int64_t Jobs() {
    return Run<Result<db::Rows>>([&] { return database_->Query(Deadline::None(), kCountJobs); })
        .value()[0]
        .Int(0);
  }

  Runtime runtime_{3};
  testkit::TestDatabase database_;
  FakeClock clock_;
  FixedCatalog catalogs_;
  FixedHistory history_;  // of the first process
  FixedHistory other_history_;
  RuleStore rules_;
};

TEST_P(BacktestsTest, AStoppedProcessHandsItOnAtOnce) {
  history_.blocked = true;
  auto first = Begin(history_);
  ASSERT_TRUE(Start(*first));
  ASSERT_TRUE(Eventually([&] { return history_.readings == 1; }));
  ASSERT_TRUE(Eventually([&] { return Get(*first).progress == 0.25; })) << "half of the reading";
  first->Stop();
  EXPECT_EQ(first->Count(JobOutcome::kReleased), 1U);
  EXPECT_FALSE(HasEnded(*first)) << "nobody asked for its end";
  const auto second = Begin(other_history_);
  ASSERT_TRUE(Eventually([&] { return HasEnded(*second); }));
  EXPECT_EQ(Get(*second).status, BacktestStatus::kDone) << Get(*second).error;
  EXPECT_EQ(Get(*second).report.records, 2);
  EXPECT_EQ(Attached(), "b1");
  EXPECT_EQ(Jobs(), 0);
}

TEST_P(BacktestsTest, AProcessThatStartsEndsNothingOfOthers) {
  history_.blocked = true;
  auto first = Begin(history_);
  ASSERT_TRUE(Start(*first));
  ASSERT_TRUE(Eventually([&] { return history_.readings == 1; }));
  const auto second = Begin(other_history_);
  EXPECT_TRUE(Run<Status>([&] { return second->backtests.Recover(); }));
  EXPECT_FALSE(HasEnded(*second));
  history_.blocked = false;
  ASSERT_TRUE(Eventually([&] { return HasEnded(*second); }));
  EXPECT_EQ(Get(*second).status, BacktestStatus::kDone);
  EXPECT_EQ(other_history_.readings, 0);
}

TEST_P(BacktestsTest, CancelIsHeardByTheProcessThatRunsIt) {
  history_.silent = true;  // it cannot be asked, only cut off
  const auto first = Begin(history_);
  ASSERT_TRUE(Start(*first));
  ASSERT_TRUE(Eventually([&] { return history_.readings == 1; }));
  const auto second = Begin(other_history_);
  Cancel(*second);
  ASSERT_TRUE(Eventually([&] { return HasEnded(*second); }));
  EXPECT_EQ(Get(*second).status, BacktestStatus::kCancelled);
  EXPECT_EQ(Get(*second).report, BacktestReport{});
  EXPECT_EQ(Attached(), "") << "one that was cancelled proves nothing";
  EXPECT_TRUE(Eventually([&] { return first->Count(JobOutcome::kDone) == 1; }));
  EXPECT_EQ(Jobs(), 0);
  EXPECT_EQ(other_history_.readings, 0);
}

TEST_P(BacktestsTest, OneThatWaitsIsCancelledAtOnce) {
  history_.blocked = true;
  const auto process = Begin(history_, 2);
  ASSERT_TRUE(Start(*process, "b1"));
  ASSERT_TRUE(Eventually([&] { return history_.readings == 1; }));
  ASSERT_TRUE(Start(*process, "b2"));
  EXPECT_EQ(Start(*process, "b3").error().code, Code::kResourceExhausted);
  EXPECT_EQ(Get(*process, "b2").status, BacktestStatus::kLoading);
  EXPECT_EQ(Cancel(*process, "b2").status, BacktestStatus::kCancelled);
  EXPECT_TRUE(HasEnded(*process, "b2"));
  EXPECT_EQ(Jobs(), 1);
  EXPECT_TRUE(Start(*process, "b3")) << "there is room again";
  EXPECT_EQ(Cancel(*process, "b2").status, BacktestStatus::kCancelled) << "as often as one likes";
}

TEST_P(BacktestsTest, ACancelThatWasNotHeardInTimeIsHeardByTheNextAttempt) {
  const auto idle = BeginIdle();
  ASSERT_TRUE(Start(*idle));
  Take();  // by a process that dies
  Cancel(*idle);
  EXPECT_FALSE(HasEnded(*idle));
  EXPECT_TRUE(Do(*idle, Take()));
  EXPECT_EQ(Get(*idle).status, BacktestStatus::kCancelled);
  EXPECT_EQ(history_.readings, 0);
}

TEST_P(BacktestsTest, WhatMayPassIsTriedAgain) {
  history_.broken = true;
  const auto process = Begin(history_);
  ASSERT_TRUE(Start(*process));
  ASSERT_TRUE(Eventually([&] { return process->Count(JobOutcome::kRetried) == 1; }));
  EXPECT_FALSE(HasEnded(*process));
  EXPECT_EQ(history_.readings, 1) << "not before a pause";
  history_.broken = false;
  clock_.Advance(std::chrono::minutes(1));
  ASSERT_TRUE(Eventually([&] { return HasEnded(*process); }));
  EXPECT_EQ(Get(*process).status, BacktestStatus::kDone);
  EXPECT_EQ(history_.readings, 2);
}

TEST_P(BacktestsTest, TheThirdFailureIsTheLast) {
  history_.broken = true;
  const auto process = Begin(history_);
  ASSERT_TRUE(Start(*process));
  for (std::uint64_t attempt = 1; attempt < 3; ++attempt) {
    ASSERT_TRUE(Eventually([&] { return process->Count(JobOutcome::kRetried) == attempt; }));
    EXPECT_FALSE(HasEnded(*process));
    clock_.Advance(std::chrono::minutes(3));
  }
  ASSERT_TRUE(Eventually([&] { return HasEnded(*process); }));
  EXPECT_EQ(Get(*process).status, BacktestStatus::kFailed);
  EXPECT_EQ(Get(*process).error, "The log cannot be read now.");
  EXPECT_EQ(history_.readings, 3);
  EXPECT_EQ(Jobs(), 0) << "no dead job is left";
  EXPECT_EQ(Attached(), "");
}

TEST_P(BacktestsTest, WhatThrowsFailsInTheEndAndMakesRoomForTheNext) {
  history_.throws = true;
  const auto process = Begin(history_);
  ASSERT_TRUE(Start(*process));
  for (std::uint64_t attempt = 1; attempt < 3; ++attempt) {
    ASSERT_TRUE(Eventually([&] { return process->Count(JobOutcome::kRetried) == attempt; }));
    clock_.Advance(std::chrono::minutes(3));
  }
  ASSERT_TRUE(Eventually([&] { return HasEnded(*process); }));
  EXPECT_EQ(Get(*process).status, BacktestStatus::kFailed);
  EXPECT_EQ(Get(*process).error, "The back-test could not be computed.");
  history_.throws = false;
  ASSERT_TRUE(Start(*process, "b2"));
  ASSERT_TRUE(Eventually([&] { return HasEnded(*process, "b2"); }));
  EXPECT_EQ(Get(*process, "b2").status, BacktestStatus::kDone);
}

TEST_P(BacktestsTest, WhatBroughtItsProcessDownThreeTimesIsNotBegunAgain) {
  const auto idle = BeginIdle();
  ASSERT_TRUE(Start(*idle));
  for (int crash = 0; crash < 3; ++crash) Take();
  EXPECT_TRUE(Do(*idle, Take()));
  EXPECT_EQ(Get(*idle).status, BacktestStatus::kFailed);
  EXPECT_NE(Get(*idle).error.find("begun three times"), std::string::npos);
  EXPECT_EQ(history_.readings, 0);
  EXPECT_EQ(Jobs(), 0);
}

TEST_P(BacktestsTest, WhoseClaimIsLostWritesNothing) {
  const auto idle = BeginIdle();
  ASSERT_TRUE(Start(*idle));
  const queue::Job late = Take();
  const queue::Job current = Take();
  EXPECT_EQ(Do(*idle, late).error().code, Code::kConflict);
  EXPECT_FALSE(HasEnded(*idle));
  EXPECT_EQ(Attached(), "") << "all of the end or nothing of it";
  EXPECT_TRUE(Do(*idle, current));
  EXPECT_EQ(Get(*idle).status, BacktestStatus::kDone);
  EXPECT_EQ(Get(*idle).report.by_site.size(), 1U);
  EXPECT_EQ(Attached(), "b1");
  EXPECT_TRUE(Do(*idle, late)) << "there is nothing left to do";
  EXPECT_EQ(Get(*idle).report.by_site.size(), 1U);
  EXPECT_EQ(history_.readings, 2);
}

TEST_P(BacktestsTest, WhatTheStudyLearnsMeanwhileCounts) {
  const auto idle = BeginIdle();
  ASSERT_TRUE(Start(*idle));
  EXPECT_FALSE(Get(*idle).unblinding);
  catalogs_.Set(true);
  EXPECT_TRUE(Do(*idle, Take()));
  EXPECT_EQ(Get(*idle).status, BacktestStatus::kDone) << Get(*idle).error;
  EXPECT_TRUE(Get(*idle).unblinding);
}

TEST_P(BacktestsTest, AnOrderThatCannotBeReadFails) {
  const auto idle = BeginIdle();
  ASSERT_TRUE(Start(*idle));
  queue::Job job = Take();
  job.payload = "\xff";
  EXPECT_TRUE(Do(*idle, job));
  EXPECT_EQ(Get(*idle).status, BacktestStatus::kFailed);
  EXPECT_EQ(Get(*idle).error, "What was ordered cannot be read.");
}

VEDETTE_ON_BOTH_DATABASES(BacktestsTest);

}  // namespace
}  // namespace vedette::rule
