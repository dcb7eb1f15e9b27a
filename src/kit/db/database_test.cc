// SPDX-License-Identifier: Apache-2.0
// What kit/db/database.h promises, on both databases.
#include "kit/db/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/testing/databases.h"

namespace vedette::db {
namespace {

constexpr EmbeddedFile kMigrations[] = {
    {"0001_thing.sql",
     "CREATE TABLE thing (id BIGINT PRIMARY KEY, real DOUBLE PRECISION, flag BOOLEAN, text TEXT, "
     "bytes BYTEA, CHECK (id < 1000000));\n"},
};

constexpr Sql kInsert(
    "thing_insert", "INSERT INTO thing (id, real, flag, text, bytes) VALUES ($1, $2, $3, $4, $5)");
constexpr Sql kSelect("thing_select", "SELECT id, real, flag, text, bytes FROM thing ORDER BY id");
constexpr Sql kCount("thing_count", "SELECT count(*) FROM thing");

class DatabaseTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  Result<Rows> Query(Sql sql, Params params = {}, Deadline deadline = {}) {
    return Await<Result<Rows>>(runtime_,
                               [&] { return database_->Query(deadline, sql, std::move(params)); });
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_ = testkit::OpenTestDatabase(GetParam(), runtime_, kMigrations);
};
VEDETTE_ON_BOTH_DATABASES(DatabaseTest);

TEST_P(DatabaseTest, EveryTypeComesBackAsItWasStored) {
  const std::string bytes("\0\xff'\"", 4);
  ASSERT_TRUE(Query(kInsert, {std::int64_t{1}, 0.1, true, "naïve 'text'", Bytes{bytes}}));
  ASSERT_TRUE(Query(kInsert, {std::int64_t{2}, kNull, kNull, kNull, kNull}));
  ASSERT_TRUE(Query(kInsert, {std::int64_t{3}, -1e300, false, "", Bytes{""}}));
  const Result<Rows> rows = Query(kSelect);
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ((*rows)[0].Int(0), 1);
  EXPECT_EQ((*rows)[0].Real(1), 0.1);
  EXPECT_TRUE((*rows)[0].Bool(2));
  EXPECT_EQ((*rows)[0].Text(3), "naïve 'text'");
  EXPECT_EQ((*rows)[0].Blob(4), bytes);
  for (std::size_t column = 1; column < 5; ++column) EXPECT_TRUE((*rows)[1].IsNull(column));
  EXPECT_EQ((*rows)[2].Real(1), -1e300);
  EXPECT_FALSE((*rows)[2].Bool(2));
  EXPECT_EQ((*rows)[2].Text(3), "");
  EXPECT_EQ((*rows)[2].Blob(4), "");
}

}  // namespace
}  // namespace vedette::db
