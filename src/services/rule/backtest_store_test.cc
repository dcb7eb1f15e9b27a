// SPDX-License-Identifier: Apache-2.0
#include "services/rule/backtest_store.h"

#include <gtest/gtest.h>

#include "kit/queue/job_queue.h"
#include "kit/task/runtime.h"
#include "kit/testing/databases.h"
#include "kit/testing/fake_clock.h"

namespace vedette::rule {
namespace {

using testkit::DatabaseKind;

class BacktestStoreTest : public ::testing::TestWithParam<DatabaseKind> {
 protected:
  BacktestStoreTest()
      : database_(testkit::OpenTestDatabase(GetParam(), runtime_, Migrations())),
        store_(*database_) {}

  static Backtest Started(std::string id) {
    return {.id = std::move(id),
            .study_id = "S1",
            .rule_id = "R",
            .version = 2,
            .content_hash = "abc",
            .as_known = true,
            .unblinding = true,
            .started_by = "ann",
            .started_at = FakeClock::kStart};
  }
  Status Add(const Backtest& backtest) {
    return Await<Status>(runtime_, [&] { return AddAlone(backtest); });
  }
  Task<Status> AddAlone(Backtest backtest) {
    VEDETTE_CO_TRY(const auto transaction, co_await database_->BeginWrite(Deadline::None()));
    VEDETTE_CO_CHECK_OK(co_await store_.Add(*transaction, std::move(backtest)));
    co_return co_await transaction->Commit();
  }
  Result<bool> Conclude(const Backtest& backtest) {
    return Await<Result<bool>>(runtime_, [&] { return ConcludeAlone(backtest); });
  }
  Task<Result<bool>> ConcludeAlone(Backtest backtest) {
    VEDETTE_CO_TRY(const auto transaction, co_await database_->BeginWrite(Deadline::None()));
    VEDETTE_CO_TRY(const bool ended, co_await store_.Conclude(*transaction, std::move(backtest)));
    VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
    co_return ended;
  }
  Result<bool> RequestCancel(std::string study, std::string id) {
    return Await<Result<bool>>(runtime_, [&] { return RequestCancelAlone(study, id); });
  }
  Task<Result<bool>> RequestCancelAlone(std::string study, std::string id) {
    VEDETTE_CO_TRY(const auto transaction, co_await database_->BeginWrite(Deadline::None()));
    VEDETTE_CO_TRY(const bool asked,
                   co_await store_.RequestCancel(*transaction, std::move(study), std::move(id)));
    VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
    co_return asked;
  }
  Result<BacktestDemand> Show(std::string id, BacktestStatus status, double progress) {
    return Await<Result<BacktestDemand>>(
        runtime_, [&] { return store_.ShowProgress(Deadline::None(), id, status, progress); });
  }
  std::int64_t FailAbandoned() {
    return *Await<Result<std::int64_t>>(runtime_, [&] {
      return store_.FailAbandoned(Deadline::None(), FakeClock::kStart, "stopped");
    });
  }
  Result<Backtest> Get(std::string study, std::string id) {
    return Await<Result<Backtest>>(runtime_,
                                   [&] { return store_.Get(Deadline::None(), study, id); });
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_;
  BacktestStore store_;
};

TEST_P(BacktestStoreTest, GivesBackWhatABacktestAnswered) {
  Backtest backtest = Started("b1");
  ASSERT_TRUE(Add(backtest));
  EXPECT_EQ(Get("S1", "b1"), backtest);
  backtest.status = BacktestStatus::kDone;
  backtest.progress = 1;
  backtest.ended_at = FakeClock::kStart + std::chrono::seconds(3);
  backtest.report = {.events = 100,
                     .anchors = 90,
                     .records = 12,
                     .not_evaluable = 3,
                     .alerts = 5,
                     .subjects = 4,
                     .days = 6,
                     .retracted = 1,
                     .alerts_per_subject_month = 0.25,
                     .by_day = {{"2026-01-01", 2, 1}, {"2026-01-02", 10, 4}},
                     .by_site = {{"701", 12, 5}},
                     .by_subject = {{"701-1", 7, 3}, {"701-2", 5, 2}},
                     .overlap = {{"OTHER", 1, 2, 3, 4}},
                     .examples = {{"701-1", "701", 1, 2, 3, 4, 5}},
                     .compared_with = 1,
                     .same = 3,
                     .appear_count = 2,
                     .disappear_count = 1,
                     .appear = {{"701-2", "701", 6, 7, 0, 0, 0}},
                     .disappear = {{"701-3", "701", 8, 9, 0, 0, 0}}};
  ASSERT_TRUE(Conclude(backtest));
  EXPECT_EQ(Get("S1", "b1"), backtest);
  EXPECT_EQ(Get("S2", "b1").error().code, Code::kNotFound) << "another study's";
  EXPECT_EQ(Get("S1", "b2").error().code, Code::kNotFound);
}

TEST_P(BacktestStoreTest, ABacktestEndsOnce) {
  Backtest backtest = Started("b1");
  ASSERT_TRUE(Add(backtest));
  backtest.status = BacktestStatus::kDone;
  backtest.progress = 1;
  backtest.ended_at = FakeClock::kStart;
  backtest.report = {.events = 1, .by_day = {{"2026-01-01", 2, 1}}};
  EXPECT_EQ(Conclude(backtest), true);
  Backtest later = backtest;
  later.status = BacktestStatus::kFailed;
  later.report.by_day.push_back({"2026-01-02", 1, 1});
  EXPECT_EQ(Conclude(later), false);
  EXPECT_EQ(Get("S1", "b1"), backtest);
}

TEST_P(BacktestStoreTest, WhatTellsTheTreatmentGoesOnDoingSo) {
  Backtest backtest = Started("b1");
  ASSERT_TRUE(Add(backtest));
  backtest.unblinding = false;
  backtest.ended_at = FakeClock::kStart;
  ASSERT_TRUE(Conclude(backtest));
  EXPECT_TRUE(Get("S1", "b1")->unblinding);
  Backtest learned = Started("b2");
  learned.unblinding = false;
  ASSERT_TRUE(Add(learned));
  learned.unblinding = true;
  learned.ended_at = FakeClock::kStart;
  ASSERT_TRUE(Conclude(learned));
  EXPECT_TRUE(Get("S1", "b2")->unblinding);
}

TEST_P(BacktestStoreTest, WhoShowsTheProgressHearsWhatIsAskedFor) {
  Backtest backtest = Started("b1");
  ASSERT_TRUE(Add(backtest));
  EXPECT_EQ(Show("b1", BacktestStatus::kRunning, 0.75), BacktestDemand::kWanted);
  EXPECT_EQ(Get("S1", "b1")->status, BacktestStatus::kRunning);
  EXPECT_EQ(Get("S1", "b1")->progress, 0.75);
  EXPECT_EQ(RequestCancel("S2", "b1"), false) << "another study's";
  EXPECT_EQ(Show("b1", BacktestStatus::kRunning, 0.75), BacktestDemand::kWanted);
  EXPECT_EQ(RequestCancel("S1", "b1"), true);
  EXPECT_EQ(Show("b1", BacktestStatus::kRunning, 0.8), BacktestDemand::kCancelRequested);
  backtest.status = BacktestStatus::kCancelled;
  backtest.ended_at = FakeClock::kStart;
  ASSERT_TRUE(Conclude(backtest));
  EXPECT_EQ(Show("b1", BacktestStatus::kRunning, 0.9), BacktestDemand::kOver);
  EXPECT_EQ(RequestCancel("S1", "b1"), false);
  EXPECT_EQ(Get("S1", "b1")->status, BacktestStatus::kCancelled);
  EXPECT_EQ(Show("none", BacktestStatus::kRunning, 0), BacktestDemand::kOver);
}

TEST_P(BacktestStoreTest, WhatHasNoJobHasFailed) {
  FakeClock clock;
  queue::JobQueue jobs(*database_, clock);
  ASSERT_TRUE(Add(Started("b1")));
  ASSERT_TRUE(Add(Started("b2")));
  const auto enqueue = [&](std::string kind, std::string key) {
    return Await<Result<queue::Enqueued>>(
        runtime_, [&] { return jobs.Enqueue({.kind = kind, .key = key}, Deadline::None()); });
  };
  ASSERT_TRUE(enqueue(std::string(kBacktestJob), "b2"));
  ASSERT_TRUE(enqueue("another", "b1"));
  Backtest done = Started("b3");
  ASSERT_TRUE(Add(done));
  done.status = BacktestStatus::kCancelled;
  done.ended_at = FakeClock::kStart;
  ASSERT_TRUE(Conclude(done));
  EXPECT_EQ(FailAbandoned(), 1);
  EXPECT_EQ(Get("S1", "b1")->status, BacktestStatus::kFailed);
  EXPECT_EQ(Get("S1", "b1")->error, "stopped");
  EXPECT_EQ(Get("S1", "b2")->ended_at, Timestamp{});
  EXPECT_EQ(Get("S1", "b3")->status, BacktestStatus::kCancelled);
  EXPECT_EQ(FailAbandoned(), 0);
}

VEDETTE_ON_BOTH_DATABASES(BacktestStoreTest);

}  // namespace
}  // namespace vedette::rule
