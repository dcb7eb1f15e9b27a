// SPDX-License-Identifier: Apache-2.0
#include "services/rule/history_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vedette/monitor/v1/monitor.vedette.h>

#include <limits>
#include <utility>
#include <vector>

#include "kit/task/runtime.h"

namespace vedette::rule {
namespace {

namespace pb = monitor::v1;
using ::testing::ElementsAre;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::shared_ptr<const rules::Catalog> MakeCatalog() {
  auto catalog = std::make_shared<rules::Catalog>();
  catalog->study_id = "S1";
  catalog->items = {{.code = "DOSE",
                     .name = "first_dose",
                     .role = rules::CatalogItem::Role::kAttribute,
                     .kind = rules::ValueKind::kTime},
                    {.code = "SYSBP", .name = "vs.SYSBP", .unit = "mmHg"}};
  catalog->Finish();
  return catalog;
}

// Answers with the chunks of the test.
class FakeMonitor : public pb::MonitorApi {
 public:
  Task<Status> ReadHistory(CallContext context,
                           pb::ReadHistoryRequest request,
                           rpc::StreamWriter<pb::HistoryChunk>& writer) override {
    caller = context.principal->subject;
    asked.assign(request.items().begin(), request.items().end());
    for (const pb::HistoryChunk& chunk : chunks) {
      if (!co_await writer.Write(chunk)) break;
    }
    co_return Status{};
  }
#define VEDETTE_UNUSED(method, request, response)                        \
  Task<Result<pb::response>> method(CallContext, pb::request) override { \
    co_return Fail(Code::kInternal, "not part of this test");            \
  }
  VEDETTE_UNUSED(Record, RecordRequest, RecordResponse)
  VEDETTE_UNUSED(ListProjectAlerts, ListProjectAlertsRequest, ListProjectAlertsResponse)
  VEDETTE_UNUSED(GetAlert, GetAlertRequest, AlertDetail)
  VEDETTE_UNUSED(ActOnAlert, ActOnAlertRequest, Alert)
  VEDETTE_UNUSED(CreateSilence, CreateSilenceRequest, Silence)
  VEDETTE_UNUSED(ListSilences, ListSilencesRequest, ListSilencesResponse)
  VEDETTE_UNUSED(EndSilence, EndSilenceRequest, Silence)
  VEDETTE_UNUSED(GetAlertSummary, GetAlertSummaryRequest, AlertSummary)
  VEDETTE_UNUSED(GetSeries, GetSeriesRequest, Series)
#undef VEDETTE_UNUSED
  Task<Status> WatchProjectAlerts(CallContext,
                                  pb::WatchProjectAlertsRequest,
                                  rpc::StreamWriter<pb::Alert>&) override {
    co_return Fail(Code::kInternal, "not part of this test");
  }

  std::vector<pb::HistoryChunk> chunks;
  std::vector<std::string> asked;
  std::string caller;
};

void AddRow(pb::HistoryChunk& chunk,
            std::uint32_t subject,
            std::uint32_t item,
            std::uint64_t key,
            std::int64_t time,
            double number,
            std::uint32_t flags = 0) {
  chunk.add_subject(subject);
  chunk.add_item(item);
  chunk.add_key(key);
  chunk.add_time(time);
  chunk.add_received(time);
  chunk.add_number(number);
  chunk.add_flags(flags);
}

class HistorySourceTest : public ::testing::Test {
 protected:
  Result<std::shared_ptr<const rules::History>> Load(std::function<bool(double)> progress = {}) {
    const auto source = MakeMonitorHistory([this]() -> pb::MonitorApi& { return monitor_; });
    return Await<Result<std::shared_ptr<const rules::History>>>(runtime_, [&] {
      return source->Load({}, {.study_id = "S1",
                               .catalog = MakeCatalog(),
                               .items = {"SYSBP", "DOSE"},
                               .progress = progress});
    });
  }

  FakeMonitor monitor_;
  Runtime runtime_{1};
};

TEST_F(HistorySourceTest, KeepsTheLatestVersionOfEachObservation) {
  pb::HistoryChunk first;
  first.add_new_subjects("701-1");
  first.add_new_sites("701");
  first.add_new_items("SYSBP");
  first.add_new_items("DOSE");
  AddRow(first, 0, 0, 7, 3'000'000, 120);
  AddRow(first, 0, 0, 8, 5'500'000, 130);
  AddRow(first, 0, 1, 9, 1'000'000, kNone);
  pb::TextAt& text = *first.add_texts();
  text.set_index(2);
  text.set_text("1970-01-02");
  pb::HistoryChunk second;
  second.add_new_subjects("702-1");
  second.add_new_sites("702");
  AddRow(second, 0, 0, 7, 3'000'000, 150);
  AddRow(second, 0, 0, 8, 0, kNone, 8);
  AddRow(second, 1, 0, 1, -500'000, 99, 1);
  monitor_.chunks = {first, second};

  const auto history = Load();

  ASSERT_TRUE(history) << history.error().message;
  EXPECT_EQ(monitor_.caller, "rule");
  EXPECT_THAT(monitor_.asked, ElementsAre("SYSBP", "DOSE"));
  EXPECT_EQ((*history)->subjects(), 2u);
  EXPECT_EQ((*history)->SiteId(1), "702");
  const auto& pressure = (*history)->Item(1);
  EXPECT_THAT(pressure.value, ElementsAre(150, 99)) << "corrected, withdrawn";
  EXPECT_THAT(pressure.time, ElementsAre(3, -1)) << "whole seconds, downwards";
  EXPECT_THAT((*history)->Item(0).value, ElementsAre(86'400));
}

TEST_F(HistorySourceTest, StopsWhenItIsToldTo) {
  pb::HistoryChunk chunk;
  chunk.add_new_subjects("701-1");
  chunk.add_new_sites("701");
  chunk.add_new_items("SYSBP");
  AddRow(chunk, 0, 0, 7, 3'000'000, 120);
  chunk.set_total(4);
  monitor_.chunks = {chunk};
  double told = -1;
  const auto history = Load([&](double share) {
    told = share;
    return false;
  });
  EXPECT_EQ(history.error().code, Code::kCancelled);
  EXPECT_EQ(told, 0.25);
}

TEST_F(HistorySourceTest, TellsHowFarItIsByTheTotalOfTheFirstChunk) {
  pb::HistoryChunk first;
  first.add_new_subjects("701-1");
  first.add_new_sites("701");
  first.add_new_items("SYSBP");
  AddRow(first, 0, 0, 7, 3'000'000, 120);
  pb::HistoryChunk second;
  AddRow(second, 0, 0, 8, 4'000'000, 130);
  std::vector<double> told;
  const auto tell = [&](double share) {
    told.push_back(share);
    return true;
  };
  first.set_total(4);
  monitor_.chunks = {first, second};
  ASSERT_TRUE(Load(tell));
  EXPECT_THAT(told, ElementsAre(0.25, 0.5));
  told.clear();
  first.set_total(0);
  monitor_.chunks = {first, second};
  ASSERT_TRUE(Load(tell));
  EXPECT_THAT(told, ElementsAre(0, 0)) << "not known";
}

TEST_F(HistorySourceTest, RefusesColumnsOfDifferentLengths) {
  pb::HistoryChunk chunk;
  chunk.add_new_subjects("701-1");
  chunk.add_new_sites("701");
  chunk.add_new_items("SYSBP");
  AddRow(chunk, 0, 0, 7, 3'000'000, 120);
  chunk.add_key(8);
  monitor_.chunks = {chunk};
  EXPECT_EQ(Load().error().code, Code::kInternal);
  chunk.mutable_key()->Truncate(1);
  chunk.set_subject(0, 5);
  monitor_.chunks = {chunk};
  EXPECT_EQ(Load().error().code, Code::kInternal) << "a subject that was never sent";
}

}  // namespace
}  // namespace vedette::rule
