// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "app/commands/command.h"
#include "kit/db/migrate.h"
#include "kit/db/open.h"
#include "kit/queue/job_table.h"
#include "kit/queue/tables.h"
#include "kit/task/runtime.h"
#include "kit/testing/temp_dir.h"

namespace vedette::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr db::Sql kHeldMessage(
    "test_message",
    "INSERT INTO vedette_outbox (topic, message_key, payload, created_at) "
    "VALUES ('monitor.alert.raised', 'subject-canary', CAST('payload-canary' AS BLOB), 1)");
constexpr db::Sql kHold("test_hold", "INSERT INTO vedette_outbox_hold VALUES ($1, 7, 2)");
constexpr db::Sql kDeadJob(
    "test_job",
    "INSERT INTO vedette_job (id, kind, dedupe_key, payload, priority, state, due_at, attempts, "
    "cancel_requested, error_code, created_at) VALUES ($1, 'rule.backtest', 'key-canary', "
    "CAST('payload-canary' AS BLOB), 0, 2, 5, 3, FALSE, 'INTERNAL', 1)");

struct Outcome {
  Result<int> code = 0;
  std::string out;
};

class QueueCommandTest : public testing::Test {
 protected:
  void Make(const std::string& role, std::string_view tables, std::vector<db::Sql> rows) {
    db::DatabaseConfig config;
    config.url = "sqlite:" + folder_.path().string();
    const auto database = Await<Result<std::unique_ptr<db::Database>>>(runtime_, [&] {
                            return db::Open(config, role, runtime_, Logger(), metrics_);
                          }).value();
    const std::vector<EmbeddedFile> files{{"0001_tables.sql", tables}};
    ASSERT_TRUE(Await<Status>(runtime_, [&] { return db::Migrate(*database, files, Logger()); }));
    for (const db::Sql& row : rows) {
      db::Params params;
      if (row.name == kHold.name) params.push_back("subject-canary");
      if (row.name == kDeadJob.name) params.push_back(queue::IdValue(id_));
      ASSERT_TRUE(Await<Result<db::Rows>>(
          runtime_, [&] { return database->Query(Deadline::None(), row, std::move(params)); }));
    }
    runtime_.RunBlocking([&] { return database->Close(); });
  }
  Outcome Invoke(std::vector<std::string> words) {
    static const Command command = QueueCommand();
    words.insert(words.end(), {"--data", folder_.path().string()});
    const auto arguments = Arguments::Parse(command.spec, words);
    if (!arguments) return {std::unexpected(arguments.error()), ""};
    testing::internal::CaptureStdout();
    auto code = command.run(*arguments, clock_);
    return {std::move(code), testing::internal::GetCapturedStdout()};
  }

  const SystemClock clock_;
  const Uuid id_ = NewUuid(SystemClock().Now());
  MetricsRegistry metrics_;
  Runtime runtime_{1};
  testkit::TempDir folder_;
};

TEST_F(QueueCommandTest, HeldMessagesAreShownWithoutTheirContentAndSkipped) {
  Make("monitor", queue::kOutboxTablesSqlite, {kHeldMessage, kHold});
  const Outcome held = Invoke({"held"});
  ASSERT_TRUE(held.code) << held.code.error().message;
  EXPECT_THAT(held.out, HasSubstr("1  monitor.alert.raised"));
  EXPECT_THAT(held.out, HasSubstr("7 failures"));
  EXPECT_THAT(held.out, Not(HasSubstr("canary")));
  EXPECT_EQ(Invoke({"skip", "2"}).code.error().code, Code::kNotFound);
  EXPECT_TRUE(Invoke({"skip", "1"}).code);
  EXPECT_THAT(Invoke({"held"}).out, IsEmpty());
}

TEST_F(QueueCommandTest, JobsGivenUpAreShownWithoutTheirContentAndBegunAnewOrForgotten) {
  Make("rule", queue::kJobTables, {kDeadJob});
  const Outcome dead = Invoke({"dead"});
  ASSERT_TRUE(dead.code) << dead.code.error().message;
  EXPECT_THAT(dead.out, HasSubstr(id_.ToString()));
  EXPECT_THAT(dead.out, HasSubstr("rule.backtest"));
  EXPECT_THAT(dead.out, HasSubstr("3 attempts"));
  EXPECT_THAT(dead.out, Not(HasSubstr("canary")));
  EXPECT_TRUE(Invoke({"requeue", id_.ToString()}).code);
  EXPECT_THAT(Invoke({"dead"}).out, IsEmpty());
  EXPECT_EQ(Invoke({"discard", id_.ToString()}).code.error().code, Code::kNotFound);
}

TEST_F(QueueCommandTest, AWrongWordOrFolderIsAnErrorAndMakesNoFile) {
  EXPECT_EQ(Invoke({}).code.error().code, Code::kInvalidArgument);
  EXPECT_EQ(Invoke({"skip"}).code.error().code, Code::kInvalidArgument);
  EXPECT_EQ(Invoke({"drop", "1"}).code.error().code, Code::kInvalidArgument);
  EXPECT_EQ(Invoke({"held"}).code.error().code, Code::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "monitor.db"));
  Make("monitor", queue::kOutboxTablesSqlite, {});
  EXPECT_EQ(Invoke({"skip", "one"}).code.error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace vedette::app
