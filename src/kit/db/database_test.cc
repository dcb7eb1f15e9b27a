// SPDX-License-Identifier: Apache-2.0
// What kit/db/database.h promises of single statements, on both databases.
#include <gmock/gmock.h>

#include "kit/db/db_test_support.h"
#include "kit/db/open.h"
#include "kit/task/parallel.h"
#include "kit/task/signal.h"
#include "kit/task/spawn.h"

namespace vedette::db {
namespace {

using testing::HasSubstr;
using testing::Not;

using DatabaseTest = ThingTest;
VEDETTE_ON_BOTH_DATABASES(DatabaseTest);

constexpr Sql kInsert(
    "thing_insert_all",
    "INSERT INTO thing (id, real, flag, text, bytes) VALUES ($1, $2, $3, $4, $5)");
constexpr Sql kSelect("thing_select", "SELECT id, real, flag, text, bytes FROM thing ORDER BY id");

TEST_P(DatabaseTest, EveryTypeComesBackAsItWasStored) {
  const std::string bytes("\0\xff'\"", 4);
  const std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
  ASSERT_TRUE(Query(kInsert, {smallest, 0.1, true, "naïve 'text' $1", Bytes{bytes}}));
  ASSERT_TRUE(Query(kInsert, {std::int64_t{2}, kNull, kNull, kNull, kNull}));
  ASSERT_TRUE(Query(kInsert, {std::int64_t{3}, -1e300, false, "", Bytes{""}}));
  ASSERT_TRUE(Query(kInsert, {std::int64_t{4}, std::int64_t{7}, false, "", Bytes{""}}));
  const Result<Rows> rows = Query(kSelect);
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 4u);
  EXPECT_EQ((*rows)[0].Int(0), smallest);
  EXPECT_EQ((*rows)[0].Real(1), 0.1);
  EXPECT_TRUE((*rows)[0].Bool(2));
  EXPECT_EQ((*rows)[0].Text(3), "naïve 'text' $1");
  EXPECT_EQ((*rows)[0].Blob(4), bytes);
  for (std::size_t column = 1; column < 5; ++column) EXPECT_TRUE((*rows)[1].IsNull(column));
  EXPECT_EQ((*rows)[2].Real(1), -1e300);
  EXPECT_FALSE((*rows)[2].Bool(2));
  EXPECT_EQ((*rows)[2].Text(3), "");
  EXPECT_EQ((*rows)[2].Blob(4), "");
  EXPECT_EQ((*rows)[3].Real(1), 7.0);
}

TEST_P(DatabaseTest, AggregatesAreNumbersOfTheSameTypeOnBoth) {
  for (std::int64_t id = 1; id <= 3; ++id) ASSERT_TRUE(Query(kInsertThing, Thing(id)));
  const auto rows = Query(Sql("sums", "SELECT sum(id), avg(id), max(id), count(*) FROM thing"));
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ((*rows)[0].Int(0), 6);
  EXPECT_EQ((*rows)[0].Real(1), 2.0);
  EXPECT_EQ((*rows)[0].Int(2), 3);
  EXPECT_EQ((*rows)[0].Int(3), 3);
}

TEST_P(DatabaseTest, TellsHowManyRowsChanged) {
  EXPECT_EQ(Query(kInsertThing, Thing(1))->affected, 1);
  EXPECT_EQ(Query(kInsertThing, Thing(2))->affected, 1);
  EXPECT_EQ(Query(Sql("update", "UPDATE thing SET text = $1"), {"y"})->affected, 2);
  EXPECT_EQ(Query(kSelect)->affected, 0);
  EXPECT_EQ(Query(Sql("none", "DELETE FROM thing WHERE id = $1"), {std::int64_t{9}})->affected, 0);
  EXPECT_EQ(Query(Sql("delete", "DELETE FROM thing WHERE id = $1"), {std::int64_t{1}})->affected,
            1);
}

TEST_P(DatabaseTest, ReturningGivesRows) {
  const auto rows =
      Query(Sql("returning",
                "INSERT INTO thing (id, text) VALUES ($1, $2) "
                "ON CONFLICT (id) DO UPDATE SET text = excluded.text RETURNING id, text"),
            Thing(5, "five"));
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ((*rows)[0].Int(0), 5);
  EXPECT_EQ((*rows)[0].Text(1), "five");
}

TEST_P(DatabaseTest, TakenKeyIsAlreadyExistsAndItsMessageHoldsNoValue) {
  ASSERT_TRUE(Query(kInsertThing, Thing(424242)));
  const auto again = Query(kInsertThing, Thing(424242));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kAlreadyExists);
  EXPECT_THAT(again.error().message, HasSubstr("thing_insert"));
  EXPECT_THAT(again.error().message, Not(HasSubstr("424242")));
}

TEST_P(DatabaseTest, OtherConstraintIsFailedPrecondition) {
  EXPECT_EQ(Query(kInsertThing, Thing(1000000)).error().code, Code::kFailedPrecondition);
}

TEST_P(DatabaseTest, WrongStatementIsInternal) {
  EXPECT_EQ(Query(Sql("typo", "SELEC 1")).error().code, Code::kInternal);
  EXPECT_EQ(Query(Sql("absent", "SELECT * FROM absent")).error().code, Code::kInternal);
  EXPECT_EQ(Query(kInsertThing, {}).error().code, Code::kInternal);
  EXPECT_EQ(Count(), 0);
}

TEST_P(DatabaseTest, StatementsFromEveryThreadRunConcurrently) {
  constexpr std::int64_t kEach = 100;
  struct Work {
    static Task<void> InsertMany(Database* database, std::int64_t first) {
      std::vector<Task<Result<Rows>>> inserts;
      for (std::int64_t id = first; id < first + kEach; ++id) {
        inserts.push_back(database->Query(Later(), kInsertThing, Thing(id)));
      }
      for (const Result<Rows>& rows : co_await WhenAll(std::move(inserts))) {
        EXPECT_TRUE(rows) << rows.error().message;
      }
    }
  };
  std::vector<Signal> ended(4);
  for (std::size_t i = 0; i < ended.size(); ++i) {
    Spawn(
        runtime_.At(i),
        [this, i] {
          return Work::InsertMany(database_.get(), static_cast<std::int64_t>(i) * kEach);
        },
        [signal = ended[i]](std::exception_ptr) { signal.Set(); });
  }
  for (const Signal& signal : ended) Run(signal.Wait());
  EXPECT_EQ(Count(), 4 * kEach);
}

TEST_P(DatabaseTest, DeadlineStopsTheStatementAndTheConnectionStaysUsable) {
  // More often than there are connections.
  for (int i = 0; i < 6; ++i) {
    const auto rows = Query(kEndless, {}, Soon());
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().code, Code::kDeadlineExceeded);
  }
  EXPECT_EQ(Count(), 0);
  EXPECT_TRUE(Query(kInsertThing, Thing(1)));
}

TEST_P(DatabaseTest, PassedDeadlineAsksNothing) {
  const Deadline passed{SystemClock().SteadyNow() - std::chrono::seconds(1)};
  EXPECT_EQ(Query(kInsertThing, Thing(1), passed).error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(Count(), 0);
}

class PostgresTest : public ThingTest {};
INSTANTIATE_TEST_SUITE_P(Databases,
                         PostgresTest,
                         testing::Values(testkit::DatabaseKind::kPostgres));

TEST_P(PostgresTest, DeadlineEndsTheStatementInTheServer) {
  const auto slept = Query(Sql("sleep", "SELECT pg_sleep(3600)"), {}, Soon());
  EXPECT_EQ(slept.error().code, Code::kDeadlineExceeded);
  constexpr Sql kSleeping("sleeping",
                          "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query "
                          "LIKE 'SELECT pg_sleep%'");
  const Deadline patience = Later();
  while (Query(kSleeping).value()[0].Int(0) != 0) {
    ASSERT_FALSE(patience.Passed(SystemClock())) << "the server still sleeps";
  }
}

// One connection, and room for one that waits.
class FullPoolTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    DatabaseConfig config;
    config.url = base_.url();
    config.pool_size = 1;
    config.queue_limit = 1;
    config.acquire_timeout = std::chrono::milliseconds(800);
    auto opened = Await<Result<std::unique_ptr<Database>>>(
        runtime_, [&] { return Open(config, base_.service(), runtime_, Logger(), metrics_); });
    ASSERT_TRUE(opened) << opened.error().message;
    database_ = std::move(*opened);
  }
  void TearDown() override {
    runtime_.RunBlocking([this] { return database_->Close(); });
  }

  Runtime runtime_{2};
  MetricsRegistry metrics_;
  testkit::TestDatabase base_ = testkit::OpenTestDatabase(GetParam(), runtime_, kThingMigrations);
  std::unique_ptr<Database> database_;
};
VEDETTE_ON_BOTH_DATABASES(FullPoolTest);

Task<void> FillThePool(Database* database) {
  auto holder = co_await database->BeginRead(Later());
  EXPECT_TRUE(holder);
  auto [waits, refused] = co_await WhenAll(database->Query(Later(), kCountThings),
                                           database->Query(Later(), kCountThings));
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_EQ(waits.error().code, Code::kResourceExhausted);  // after acquire_timeout
  holder->reset();
  EXPECT_TRUE(co_await database->Query(Later(), kCountThings));
}

TEST_P(FullPoolTest, RefusesWhoCannotWaitAndServesAgainOnceFree) {
  runtime_.RunBlocking([this] { return FillThePool(database_.get()); });
}

Task<void> WaitTooShortly(Database* database) {
  const auto holder = co_await database->BeginRead(Later());
  const auto rows = co_await database->Query(Soon(), kCountThings);
  EXPECT_EQ(rows.error().code, Code::kDeadlineExceeded);
}

TEST_P(FullPoolTest, DeadlineCountsWhileWaitingForTheConnection) {
  runtime_.RunBlocking([this] { return WaitTooShortly(database_.get()); });
}

TEST_P(FullPoolTest, ClosedDatabaseIsUnavailable) {
  runtime_.RunBlocking([this] { return database_->Close(); });
  const auto rows =
      Await<Result<Rows>>(runtime_, [this] { return database_->Query(Later(), kCountThings); });
  EXPECT_EQ(rows.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace vedette::db
