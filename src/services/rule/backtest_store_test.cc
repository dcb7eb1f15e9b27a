// SPDX-License-Identifier: Apache-2.0
#include "services/rule/backtest_store.h"

#include <gtest/gtest.h>

#include "kit/task/runtime.h"
#include "kit/testing/databases.h"
#include "kit/testing/fake_clock.h"
#include "migrations.embed.h"

namespace vedette::rule {
namespace {

using testkit::DatabaseKind;

class BacktestStoreTest : public ::testing::TestWithParam<DatabaseKind> {
 protected:
  BacktestStoreTest()
      : database_(testkit::OpenTestDatabase(GetParam(), runtime_, kMigrations)),
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
    return Await<Status>(runtime_, [&] { return store_.Add(Deadline::None(), backtest); });
  }
  Status Conclude(const Backtest& backtest) {
    return Await<Status>(runtime_, [&] { return store_.Conclude(Deadline::None(), backtest); });
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

TEST_P(BacktestStoreTest, WhatNobodyEndsHasFailed) {
  ASSERT_TRUE(Add(Started("b1")));
  Backtest done = Started("b2");
  ASSERT_TRUE(Add(done));
  done.status = BacktestStatus::kCancelled;
  done.ended_at = FakeClock::kStart;
  ASSERT_TRUE(Conclude(done));
  ASSERT_TRUE(Await<Status>(runtime_, [&] {
    return store_.FailUnfinished(Deadline::None(), FakeClock::kStart, "stopped");
  }));
  EXPECT_EQ(Get("S1", "b1")->status, BacktestStatus::kFailed);
  EXPECT_EQ(Get("S1", "b1")->error, "stopped");
  EXPECT_EQ(Get("S1", "b2")->status, BacktestStatus::kCancelled);
}

VEDETTE_ON_BOTH_DATABASES(BacktestStoreTest);

}  // namespace
}  // namespace vedette::rule
