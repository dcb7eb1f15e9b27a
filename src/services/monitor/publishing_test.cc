// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/publishing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

#include "kit/db/migrate.h"
#include "services/monitor/monitor_fixture.h"
#include "services/monitor/store.h"

namespace vedette::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

constexpr db::Sql kOldRow(
    "test_old_row",
    "INSERT INTO monitor_outbox (topic, message_key, payload, created_at) VALUES ($1, $2, $3, $4)");
constexpr db::Sql kMoved("test_moved",
                         "SELECT topic, message_key, payload, created_at FROM vedette_outbox "
                         "ORDER BY sequence");

std::vector<EmbeddedFile> BeforeTheRelay() {
  std::vector<EmbeddedFile> files = Migrations();
  std::erase_if(files, [](const EmbeddedFile& file) { return file.name >= "0005"; });
  return files;
}

class OutboxMigrationTest : public ::testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  Result<db::Rows> Query(db::Sql sql, db::Params params = {}) {
    return Await<Result<db::Rows>>(
        runtime_, [&] { return database_->Query(Deadline::None(), sql, std::move(params)); });
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_ =
      testkit::OpenTestDatabase(GetParam(), runtime_, BeforeTheRelay());
};

TEST_P(OutboxMigrationTest, WhatWaitedIsMovedInItsOrder) {
  ASSERT_TRUE(Query(kOldRow, {"monitor.alert.raised", "s1", "{\"n\":1}", 7}));
  ASSERT_TRUE(Query(kOldRow, {"monitor.alert.resolved", "s1", "{\"n\":\"é\"}", 8}));
  const std::vector<EmbeddedFile> all = Migrations();
  ASSERT_TRUE(Await<Status>(runtime_, [&] { return db::Migrate(*database_, all, Logger()); }));
  const auto rows = Query(kMoved);
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].Text(0), "monitor.alert.raised");
  EXPECT_EQ((*rows)[0].Blob(2), "{\"n\":1}");
  EXPECT_EQ((*rows)[1].Text(0), "monitor.alert.resolved");
  EXPECT_EQ((*rows)[1].Text(1), "s1");
  EXPECT_EQ((*rows)[1].Blob(2), "{\"n\":\"é\"}");
  EXPECT_EQ((*rows)[1].Int(3), 8);
}

VEDETTE_ON_BOTH_DATABASES(OutboxMigrationTest);

class PublishingTest : public MonitorTest {
 protected:
  // A monitor whose bus has a subscriber from its beginning.
  void StartListening() {
    Run<Status>([this]() -> Task<Status> {
      co_await module_->Stop();
      co_return Status();
    });
    module_ = std::make_unique<MonitorModule>(Dependencies(), QuickConfig());
    module_->bus().Subscribe("monitor.alert.*", "test",
                             [this](queue::Message message) { return Note(std::move(message)); });
    ASSERT_TRUE(Run<Status>([this] { return module_->Start(); }));
  }
  Task<Status> Note(queue::Message message) {
    const std::lock_guard lock(mutex_);
    topics_.push_back(message.topic);
    payloads_.push_back(message.payload);
    co_return Status();
  }
  std::vector<std::string> Topics() {
    const std::lock_guard lock(mutex_);
    return topics_;
  }

  std::mutex mutex_;
  std::vector<std::string> topics_;
  std::vector<std::string> payloads_;
};

TEST_P(PublishingTest, SubscribersHearOfAlertsInTheOrderOfTheirChanges) {
  StartListening();
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150)})));
  Eventually("the alert is published", [this] { return Topics().size() == 1; });
  ASSERT_TRUE(Record(Batch({Correction("k1", "k2", 120)})));
  Eventually("its end is published", [this] { return Topics().size() == 2; });
  EXPECT_THAT(Topics(), ElementsAre("monitor.alert.raised", "monitor.alert.retracted"));
  EXPECT_THAT(payloads_[0], StartsWith("{\"alertId\":\""));
  Eventually("nothing is left", [this] { return module_->OutboxState().published == 2; });
}

VEDETTE_ON_BOTH_DATABASES(PublishingTest);

}  // namespace
}  // namespace vedette::monitor
