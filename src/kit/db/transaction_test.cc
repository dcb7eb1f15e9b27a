// SPDX-License-Identifier: Apache-2.0
// What kit/db/database.h promises of transactions, on both databases.
#include "kit/db/db_test_support.h"
#include "kit/task/signal.h"
#include "kit/task/sleep.h"
#include "kit/task/task_group.h"

namespace vedette::db {
namespace {

using TransactionTest = ThingTest;
VEDETTE_ON_BOTH_DATABASES(TransactionTest);

Task<std::unique_ptr<Transaction>> Begin(Database* database) {
  auto transaction = co_await database->BeginWrite(Later());
  if (!transaction) throw std::runtime_error(transaction.error().message);
  co_return std::move(*transaction);
}

Task<void> InsertAndCommit(Database* database) {
  const auto transaction = co_await Begin(database);
  EXPECT_TRUE(co_await transaction->Query(kInsertThing, Thing(1)));
  EXPECT_EQ((co_await database->Query(Later(), kCountThings)).value()[0].Int(0), 0);
  EXPECT_TRUE(co_await transaction->Commit());
  EXPECT_EQ((co_await database->Query(Later(), kCountThings)).value()[0].Int(0), 1);
  EXPECT_EQ((co_await transaction->Query(kCountThings)).error().code, Code::kInternal);
}

TEST_P(TransactionTest, IsSeenByOthersAfterCommitOnly) {
  runtime_.RunBlocking([this] { return InsertAndCommit(database_.get()); });
}

Task<void> InsertAndDrop(Database* database) {
  const auto transaction = co_await Begin(database);
  EXPECT_TRUE(co_await transaction->Query(kInsertThing, Thing(1)));
}

TEST_P(TransactionTest, IsRolledBackWhenDestroyed) {
  runtime_.RunBlocking([this] { return InsertAndDrop(database_.get()); });
  EXPECT_TRUE(Query(kInsertThing, Thing(1)));
  EXPECT_EQ(Count(), 1);
}

Task<void> FailAndGoOn(Database* database) {
  const auto transaction = co_await Begin(database);
  EXPECT_TRUE(co_await transaction->Query(kInsertThing, Thing(1)));
  EXPECT_EQ((co_await transaction->Query(kInsertThing, Thing(1))).error().code,
            Code::kAlreadyExists);
  EXPECT_FALSE(co_await transaction->Query(kInsertThing, Thing(2)));
  EXPECT_FALSE(co_await transaction->Commit());
}

TEST_P(TransactionTest, CommitsNothingAfterAFailedStatement) {
  runtime_.RunBlocking([this] { return FailAndGoOn(database_.get()); });
  EXPECT_EQ(Count(), 0);
}

Task<void> FailAfterSavepoint(Database* database) {
  const auto transaction = co_await Begin(database);
  EXPECT_TRUE(co_await transaction->Query(kInsertThing, Thing(1)));
  EXPECT_TRUE(co_await transaction->Savepoint());
  EXPECT_TRUE(co_await transaction->Query(kInsertThing, Thing(2)));
  EXPECT_FALSE(co_await transaction->Query(kInsertThing, Thing(1)));
  EXPECT_TRUE(co_await transaction->RollbackToSavepoint());
  EXPECT_TRUE(co_await transaction->Query(kInsertThing, Thing(3)));
  EXPECT_TRUE(co_await transaction->Commit());
}

TEST_P(TransactionTest, SavepointSavesWhatCameBefore) {
  runtime_.RunBlocking([this] { return FailAfterSavepoint(database_.get()); });
  const auto rows = Query(Sql("ids", "SELECT id FROM thing ORDER BY id"));
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].Int(0), 1);
  EXPECT_EQ((*rows)[1].Int(0), 3);
}

Task<void> ReadTwice(Database* database) {
  auto transaction = co_await database->BeginRead(Later());
  EXPECT_TRUE(transaction);
  EXPECT_EQ((co_await (*transaction)->Query(kCountThings)).value()[0].Int(0), 0);
  EXPECT_TRUE(co_await database->Query(Later(), kInsertThing, Thing(1)));
  EXPECT_EQ((co_await (*transaction)->Query(kCountThings)).value()[0].Int(0), 0);
  EXPECT_FALSE(co_await (*transaction)->Query(kInsertThing, Thing(2)));
}

TEST_P(TransactionTest, ReaderSeesOneSnapshotAndCannotWrite) {
  runtime_.RunBlocking([this] { return ReadTwice(database_.get()); });
  EXPECT_EQ(Count(), 1);
}

Task<void> RunEndlessly(Database* database) {
  auto transaction = co_await database->BeginWrite(InAMoment());
  EXPECT_TRUE(transaction);
  EXPECT_TRUE(co_await (*transaction)->Query(kInsertThing, Thing(1)));
  EXPECT_EQ((co_await (*transaction)->Query(kEndless)).error().code, Code::kDeadlineExceeded);
}

TEST_P(TransactionTest, DeadlineCoversItsStatements) {
  runtime_.RunBlocking([this] { return RunEndlessly(database_.get()); });
  EXPECT_TRUE(Query(kInsertThing, Thing(1)));
}

Task<void> HoldTooLong(Database* database) {
  auto idle = co_await database->BeginWrite(InAMoment());
  EXPECT_TRUE(idle);
  EXPECT_TRUE(co_await (*idle)->Query(kInsertThing, Thing(1)));
  // SQLite's only writer comes free, and PostgreSQL's lock on the key.
  EXPECT_TRUE(co_await database->Query(Later(), kInsertThing, Thing(1)));
  EXPECT_EQ((co_await (*idle)->Commit()).error().code, Code::kDeadlineExceeded);
}

TEST_P(TransactionTest, IsRolledBackAtItsDeadlineWhenItsOwnerForgetsIt) {
  runtime_.RunBlocking([this] { return HoldTooLong(database_.get()); });
  EXPECT_EQ(Count(), 1);
}

// For what is to end before its deadline.
Deadline InAnHour() { return Deadline::After(SystemClock(), std::chrono::hours(1)); }

Task<void> InsertAndRunEndlessly(Database* database, Signal inserted) {
  auto transaction = *co_await database->BeginWrite(InAnHour());
  EXPECT_TRUE(co_await transaction->Query(kInsertThing, Thing(1)));
  inserted.Set();
  EXPECT_EQ((co_await transaction->Query(kEndless)).error().code, Code::kCancelled);
}

TEST_P(TransactionTest, CancellationStopsItsStatementAndRollsBack) {
  const Signal inserted;
  TaskGroup group{Logger()};
  group.Spawn(runtime_.At(0), "endless",
              [&] { return InsertAndRunEndlessly(database_.get(), inserted); });
  Run(inserted.Wait());
  group.Cancel();
  runtime_.RunBlocking([&] { return group.Join(); });
  // The key, and SQLite's writer, come free long before the transaction's deadline.
  EXPECT_TRUE(Query(kInsertThing, Thing(1)));
  EXPECT_EQ(Count(), 1);
}

Task<void> InsertThenRunEndlessly(Database* database) {
  auto transaction = co_await database->BeginWrite(InAnHour());
  if (!transaction) co_return;
  if (!co_await (*transaction)->Query(kInsertThing, Thing(1))) co_return;
  (void)co_await (*transaction)->Query(kEndless);
}

TEST_P(TransactionTest, CancellationAtAnyMomentFreesTheConnection) {
  // From before the first statement to well into the endless one; more often than there are
  // connections.
  for (int i = 0; i < 40; ++i) {
    TaskGroup group{Logger()};
    group.Spawn(runtime_.At(0), "endless", [&] { return InsertThenRunEndlessly(database_.get()); });
    runtime_.RunBlocking([&] { return SleepFor(std::chrono::microseconds(150 * i)); });
    group.Cancel();
    runtime_.RunBlocking([&] { return group.Join(); });
  }
  EXPECT_TRUE(Query(kInsertThing, Thing(1)));
}

constexpr Column kThingColumns[] = {{"id", ColumnType::kInt},
                                    {"real", ColumnType::kReal},
                                    {"flag", ColumnType::kBool},
                                    {"text", ColumnType::kText},
                                    {"bytes", ColumnType::kBytes}};

BulkInsert Things(std::vector<Params> rows, const char* suffix = "") {
  return {"thing_bulk",
          "thing",
          {std::begin(kThingColumns), std::end(kThingColumns)},
          suffix,
          std::move(rows)};
}

Task<void> InsertMany(Database* database) {
  const std::int64_t count = 3000;
  std::vector<Params> rows;
  for (std::int64_t id = 0; id < count; ++id) {
    rows.push_back({id, 0.5 * static_cast<double>(id), id % 2 == 0, std::to_string(id),
                    Bytes{std::string(1, static_cast<char>(id))}});
  }
  rows.push_back({count, kNull, kNull, kNull, kNull});
  const auto transaction = co_await Begin(database);
  const auto inserted = co_await transaction->Insert(Things(rows));
  EXPECT_TRUE(inserted) << inserted.error().message;
  EXPECT_EQ(inserted->affected, count + 1);
  EXPECT_TRUE(co_await transaction->Commit());
  const auto read = co_await database->Query(
      Later(), Sql("read", "SELECT id, real, flag, text, bytes FROM thing ORDER BY id"));
  EXPECT_EQ(read->size(), rows.size());
  const Row& row = (*read)[2999];
  EXPECT_EQ(row.Real(1), 1499.5);
  EXPECT_FALSE(row.Bool(2));
  EXPECT_EQ(row.Text(3), "2999");
  EXPECT_EQ(row.Blob(4), std::string(1, static_cast<char>(2999)));
  for (std::size_t i = 1; i < 5; ++i) EXPECT_TRUE((*read)[3000].IsNull(i));
}

TEST_P(TransactionTest, BulkInsertStoresEveryTypeAndNull) {
  runtime_.RunBlocking([this] { return InsertMany(database_.get()); });
}

Task<void> InsertSomeTwice(Database* database) {
  EXPECT_TRUE(co_await database->Query(Later(), kInsertThing, Thing(2, "first")));
  const auto transaction = co_await Begin(database);
  std::vector<Params> rows;
  for (std::int64_t id = 1; id <= 3; ++id) rows.push_back({id, kNull, kNull, "second", kNull});
  const auto inserted = co_await transaction->Insert(
      Things(std::move(rows), "ON CONFLICT (id) DO NOTHING RETURNING id"));
  EXPECT_TRUE(inserted) << inserted.error().message;
  std::vector<std::int64_t> ids;
  for (const Row& row : *inserted) ids.push_back(row.Int(0));
  std::ranges::sort(ids);
  EXPECT_EQ(ids, (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(inserted->affected, 2);
  EXPECT_TRUE(co_await transaction->Insert(Things({})));
  EXPECT_TRUE(co_await transaction->Commit());
}

TEST_P(TransactionTest, BulkInsertTellsByReturningWhatWasNew) {
  runtime_.RunBlocking([this] { return InsertSomeTwice(database_.get()); });
  EXPECT_EQ(Count(), 3);
}

Task<void> InsertShortRow(Database* database) {
  const auto transaction = co_await Begin(database);
  std::vector<Params> rows{{std::int64_t{1}, kNull, kNull, kNull, kNull}, {std::int64_t{2}}};
  EXPECT_EQ((co_await transaction->Insert(Things(std::move(rows)))).error().code, Code::kInternal);
}

TEST_P(TransactionTest, BulkInsertRefusesARowOfTheWrongLength) {
  runtime_.RunBlocking([this] { return InsertShortRow(database_.get()); });
  EXPECT_EQ(Count(), 0);
}

}  // namespace
}  // namespace vedette::db
