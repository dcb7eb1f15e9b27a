// SPDX-License-Identifier: Apache-2.0
// The server goes away and comes back; the program stays.
#include <gtest/gtest.h>

#include "kit/db/db_test_support.h"
#include "kit/db/open.h"
#include "kit/task/sleep.h"
#include "kit/testing/postgres.h"

namespace vedette::db {
namespace {

class PostgresRestartTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Database>> OpenDatabase(std::int64_t pool_size = 4) {
    DatabaseConfig config;
    config.pool_size = pool_size;
    config.url = server_.url();
    return Await<Result<std::unique_ptr<Database>>>(
        runtime_, [&] { return Open(config, "restart", runtime_, Logger(), metrics_); });
  }
  Result<Rows> Query(Database& database, Sql sql, Params params = {}) {
    return Await<Result<Rows>>(runtime_,
                               [&] { return database.Query(Later(), sql, std::move(params)); });
  }

  testkit::PostgresServer server_;
  Runtime runtime_{2};
  MetricsRegistry metrics_;
};

Task<Code> CommitWithoutServer(Database* database, testkit::PostgresServer* server) {
  auto transaction = co_await database->BeginWrite(Later());
  EXPECT_TRUE(co_await (*transaction)->Query(kInsertThing, Thing(1)));
  server->Stop();
  co_return (co_await (*transaction)->Commit()).error().code;
}

TEST_F(PostgresRestartTest, PoolRecoversByItself) {
  auto opened = OpenDatabase();
  ASSERT_TRUE(opened) << opened.error().message;
  Database& database = **opened;
  ASSERT_TRUE(Query(database, Sql("table", "CREATE TABLE thing (id BIGINT, text TEXT)")));

  EXPECT_EQ(Await<Code>(runtime_, [&] { return CommitWithoutServer(&database, &server_); }),
            Code::kUnavailable);
  const auto absent = Query(database, kCountThings);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Code::kUnavailable);
  const auto held_off = Query(database, kCountThings);
  ASSERT_FALSE(held_off);
  EXPECT_EQ(held_off.error().code, Code::kUnavailable);
  EXPECT_TRUE(held_off.error().retry_after.has_value());

  server_.Start();
  const Deadline patience = Later();
  Result<Rows> rows = Query(database, kCountThings);
  while (!rows && !patience.Passed(SystemClock())) {
    runtime_.RunBlocking([&] { return SleepFor(*rows.error().retry_after); });
    rows = Query(database, kCountThings);
  }
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ((*rows)[0].Int(0), 0) << "the transaction was never committed";
  EXPECT_TRUE(Query(database, kInsertThing, Thing(1)));
  runtime_.RunBlocking([&] { return database.Close(); });
}

TEST_F(PostgresRestartTest, IdleConnectionThatTheServerClosedIsReplacedUnseen) {
  auto opened = OpenDatabase();
  ASSERT_TRUE(opened) << opened.error().message;
  ASSERT_TRUE(Query(**opened, Sql("one", "SELECT 1")));
  server_.Stop();
  server_.Start();
  const auto rows = Query(**opened, Sql("one", "SELECT 1"));
  EXPECT_TRUE(rows) << rows.error().message;
  runtime_.RunBlocking([&] { return (*opened)->Close(); });
}

Task<Status> TakeNames(Database* database) {
  std::string script;
  for (int i = 0; i < 20; ++i) script += "PREPARE s" + std::to_string(i) + " AS SELECT 1;";
  VEDETTE_CO_TRY(const auto transaction, co_await database->BeginWrite(Later()));
  VEDETTE_CO_CHECK_OK(co_await transaction->ExecuteScript("take_names", script));
  co_return co_await transaction->Commit();
}

// As after a cancellation that came between the preparing of a statement and its description.
TEST_F(PostgresRestartTest, AStatementThatOnlyTheServerKnowsCostsOneCallAtMost) {
  auto opened = OpenDatabase(1);
  ASSERT_TRUE(opened) << opened.error().message;
  ASSERT_TRUE(Await<Status>(runtime_, [&] { return TakeNames(opened->get()); }));
  (void)Query(**opened, Sql("one", "SELECT 1"));
  const auto rows = Query(**opened, Sql("two", "SELECT 2"));
  EXPECT_TRUE(rows) << rows.error().message;
  runtime_.RunBlocking([&] { return (*opened)->Close(); });
}

TEST_F(PostgresRestartTest, AbsentServerIsUnavailableAtOpening) {
  server_.Stop();
  const auto opened = OpenDatabase();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace vedette::db
