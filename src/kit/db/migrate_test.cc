// SPDX-License-Identifier: Apache-2.0
#include "kit/db/migrate.h"

#include <gmock/gmock.h>

#include "kit/db/db_test_support.h"
#include "kit/db/open.h"
#include "kit/task/signal.h"
#include "kit/task/spawn.h"

namespace vedette::db {
namespace {

using testing::HasSubstr;

constexpr EmbeddedFile kFirst{"0001_a.sql", "CREATE TABLE a (id BIGINT PRIMARY KEY);"};
constexpr EmbeddedFile kSecond{"0002_b.sql",
                               "CREATE TABLE b (id BIGINT); INSERT INTO b (id) VALUES (1);"};
constexpr EmbeddedFile kChanged{"0001_a.sql", "CREATE TABLE a (id TEXT PRIMARY KEY);"};
constexpr EmbeddedFile kBroken{"0002_b.sql", "CREATE TABLE b (id BIGINT); INSERT INTO absent;"};
constexpr EmbeddedFile kSqliteOnly{"0002_c.sqlite.sql", "CREATE TABLE c (dialect INTEGER) STRICT;"};
constexpr EmbeddedFile kPostgresOnly{
    "0002_c.postgres.sql", "CREATE TABLE c (dialect BIGINT GENERATED ALWAYS AS IDENTITY);"};

constexpr Sql kCountB("count_b", "SELECT count(*) FROM b");

class MigrateTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  Status Apply(std::vector<EmbeddedFile> files) {
    return Await<Status>(runtime_, [&] { return Migrate(*database_, files, Logger()); });
  }
  Result<Rows> Query(Sql sql) {
    return Await<Result<Rows>>(runtime_, [&] { return database_->Query(Later(), sql); });
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_ = testkit::OpenTestDatabase(GetParam(), runtime_);
};
VEDETTE_ON_BOTH_DATABASES(MigrateTest);

TEST_P(MigrateTest, AppliesEachFileOnce) {
  ASSERT_TRUE(Apply({kFirst}));
  ASSERT_TRUE(Apply({kFirst}));
  ASSERT_TRUE(Apply({kSecond, kFirst}));  // the number orders, not the list
  ASSERT_TRUE(Apply({kFirst, kSecond}));
  EXPECT_EQ(Query(kCountB).value()[0].Int(0), 1);
}

TEST_P(MigrateTest, RefusesAFileChangedAfterItWasApplied) {
  ASSERT_TRUE(Apply({kFirst}));
  const Status status = Apply({kChanged, kSecond});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kFailedPrecondition);
  EXPECT_THAT(status.error().message, HasSubstr("0001_a.sql"));
  EXPECT_FALSE(Query(kCountB)) << "a migration after the changed one was applied";
}

TEST_P(MigrateTest, RefusesADatabaseOfANewerProgram) {
  ASSERT_TRUE(Apply({kFirst, kSecond}));
  EXPECT_EQ(Apply({kFirst}).error().code, Code::kFailedPrecondition);
}

TEST_P(MigrateTest, BrokenFileLeavesNothing) {
  EXPECT_EQ(Apply({kFirst, kBroken}).error().code, Code::kInternal);
  EXPECT_FALSE(Query(kCountB)) << "half of a migration stayed";
  EXPECT_TRUE(Apply({kFirst, kSecond}));
}

TEST_P(MigrateTest, TakesTheFileOfTheDialect) {
  ASSERT_TRUE(Apply({kFirst, kSqliteOnly, kPostgresOnly}));
  EXPECT_TRUE(Query(Sql("select_c", "SELECT dialect FROM c")));
}

TEST_P(MigrateTest, RefusesNamesWithoutNumberTwiceTheSameAndGaps) {
  EXPECT_FALSE(Apply({{"a.sql", "SELECT 1"}}));
  EXPECT_FALSE(Apply({kFirst, {"0001_z.sql", "CREATE TABLE z (id BIGINT);"}}));
  EXPECT_FALSE(Apply({kSecond}));
  EXPECT_FALSE(Apply({kFirst, {"0002_d.sqlite.sql", ""}, {"0003_e.postgres.sql", ""}}))
      << "one dialect lacks a number";
}

Task<void> MigrateFrom(Database* database, std::vector<EmbeddedFile> files, Status* status) {
  *status = co_await Migrate(*database, files, Logger());
}

TEST_P(MigrateTest, ConcurrentStartersWaitForEachOther) {
  constexpr int kStarters = 4;
  MetricsRegistry metrics;
  DatabaseConfig config;
  config.url = database_.url();
  std::vector<std::unique_ptr<Database>> databases;
  std::vector<Status> statuses(kStarters);
  std::vector<Signal> ended(kStarters);
  for (int i = 0; i < kStarters; ++i) {
    databases.push_back(Await<Result<std::unique_ptr<Database>>>(runtime_, [&] {
                          return Open(config, database_.service(), runtime_, Logger(), metrics);
                        }).value());
  }
  for (std::size_t i = 0; i < kStarters; ++i) {
    Spawn(
        runtime_.At(i),
        [database = databases[i].get(), status = &statuses[i]] {
          return MigrateFrom(database, {kFirst, kSecond}, status);
        },
        [signal = ended[i]](std::exception_ptr) { signal.Set(); });
  }
  for (std::size_t i = 0; i < kStarters; ++i) {
    (void)Await<bool>(runtime_, [&] { return ended[i].Wait(); });
    EXPECT_TRUE(statuses[i]) << statuses[i].error().message;
    runtime_.RunBlocking([&] { return databases[i]->Close(); });
  }
  EXPECT_EQ(Query(kCountB).value()[0].Int(0), 1);
}

}  // namespace
}  // namespace vedette::db
