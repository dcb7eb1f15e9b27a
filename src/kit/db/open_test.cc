// SPDX-License-Identifier: Apache-2.0
#include "kit/db/open.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "kit/testing/databases.h"
#include "kit/testing/temp_dir.h"

namespace vedette::db {
namespace {

using testing::HasSubstr;
using testing::Not;

class OpenTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Database>> OpenUrl(std::string url, std::string service = "subject") {
    DatabaseConfig config;
    config.url = std::move(url);
    return Await<Result<std::unique_ptr<Database>>>(
        runtime_, [&] { return Open(config, service, runtime_, Logger(), metrics_); });
  }
  void Close(Database& database) {
    runtime_.RunBlocking([&] { return database.Close(); });
  }
  Result<Rows> Query(Database& database, Sql sql) {
    return Await<Result<Rows>>(runtime_, [&] { return database.Query(Deadline::None(), sql); });
  }

  testkit::TempDir folder_;
  Runtime runtime_{1};
  MetricsRegistry metrics_;
};

mode_t Mode(const std::filesystem::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

TEST_F(OpenTest, SqliteFileIsMadeForItsOwnerAlone) {
  const auto folder = folder_.path() / "deep" / "data";
  auto database = OpenUrl("sqlite:" + folder.string());
  ASSERT_TRUE(database) << database.error().message;
  ASSERT_TRUE(Query(**database, Sql("table", "CREATE TABLE t (id INTEGER)")));
  EXPECT_EQ(Mode(folder), 0700u);
  EXPECT_EQ(Mode(folder / "subject.db"), 0600u);
  EXPECT_EQ(Mode(folder / "subject.db-wal"), 0600u);
  Close(**database);
}

TEST_F(OpenTest, SqliteIsDurableByConfiguration) {
  auto database = OpenUrl("sqlite:" + folder_.path().string());
  ASSERT_TRUE(database);
  // Whatever does not begin with SELECT goes to the writer's connection.
  EXPECT_EQ(Query(**database, Sql("mode", "PRAGMA journal_mode")).value()[0].Text(0), "wal");
  constexpr std::int64_t kFull = 2;
  EXPECT_EQ(Query(**database, Sql("synchronous", "PRAGMA synchronous")).value()[0].Int(0), kFull);
  EXPECT_EQ(Query(**database, Sql("keys", "PRAGMA foreign_keys")).value()[0].Int(0), 1);
  Close(**database);
}

TEST_F(OpenTest, PostgresSchemasAreApart) {
  const auto one = testkit::OpenTestDatabase(testkit::DatabaseKind::kPostgres, runtime_);
  const auto two = testkit::OpenTestDatabase(testkit::DatabaseKind::kPostgres, runtime_);
  EXPECT_TRUE(Query(*one, Sql("table", "CREATE TABLE t (id BIGINT)")));
  EXPECT_TRUE(Query(*one, Sql("select", "SELECT id FROM t")));
  EXPECT_FALSE(Query(*two, Sql("select", "SELECT id FROM t")));
  EXPECT_EQ(Query(*one, Sql("durable", "SHOW synchronous_commit")).value()[0].Text(0), "on");
  EXPECT_EQ(Query(*one, Sql("idle", "SHOW idle_in_transaction_session_timeout")).value()[0].Text(0),
            "30s");
}

TEST_F(OpenTest, UrlTakesSecretsFromTheEnvironment) {
  ::setenv("VEDETTE_TEST_FOLDER", folder_.path().c_str(), 1);
  auto database = OpenUrl("sqlite:${VEDETTE_TEST_FOLDER}/x");
  ASSERT_TRUE(database) << database.error().message;
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "x" / "subject.db"));
  Close(**database);
  EXPECT_THAT(OpenUrl("sqlite:${VEDETTE_TEST_UNSET}").error().message,
              HasSubstr("VEDETTE_TEST_UNSET"));
}

TEST_F(OpenTest, WrongUrlOrNameIsInvalid) {
  for (const char* url : {"", "sqlite:", "mysql://host/db", "./data"}) {
    EXPECT_EQ(OpenUrl(url).error().code, Code::kInvalidArgument) << url;
  }
  for (const char* name : {"", "Subject", "a\"b", "1a", "a b"}) {
    EXPECT_EQ(OpenUrl("sqlite:" + folder_.path().string(), name).error().code,
              Code::kInvalidArgument)
        << name;
  }
}

TEST_F(OpenTest, AbsentServerIsUnavailableAndThePasswordStaysSecret) {
  const auto database = OpenUrl("postgres://user:sesame@127.0.0.1:1/db");
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, Code::kUnavailable);
  EXPECT_THAT(database.error().message, Not(HasSubstr("sesame")));
}

TEST_F(OpenTest, StatementsAreCountedByNameWithoutTheirText) {
  auto database = OpenUrl("sqlite:" + folder_.path().string());
  ASSERT_TRUE(database);
  EXPECT_TRUE(Query(**database, Sql("the_answer", "SELECT 42 AS question")));
  EXPECT_FALSE(Query(**database, Sql("mistake", "SELECT FROM")));
  const std::string page = metrics_.Expose();
  EXPECT_THAT(page, HasSubstr("vedette_db_query_seconds_count"));
  EXPECT_THAT(page, HasSubstr("statement=\"the_answer\""));
  EXPECT_THAT(page, HasSubstr("vedette_db_errors_total"));
  EXPECT_THAT(page, Not(HasSubstr("question")));
  Close(**database);
}

}  // namespace
}  // namespace vedette::db
