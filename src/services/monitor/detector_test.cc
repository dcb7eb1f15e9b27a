// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/detector.h"

#include "services/monitor/monitor_fixture.h"
#include "services/monitor/rule_source.h"

namespace vedette::monitor {
namespace {

using ::testing::SizeIs;

class DetectorTest : public MonitorTest {
 protected:
  // A rule of study S1 that waits, so that every subject must be in memory.
  static void LoadWaitingRule(RuleBook& book) {
    auto catalog = std::make_shared<rules::Catalog>();
    catalog->study_id = "S1";
    catalog->items = {{.code = "SYSBP", .name = "vs.SYSBP", .unit = "mmHg"}};
    catalog->Finish();
    CompiledVersion version{
        .known = {.version_id = "v1",
                  .study_id = "S1",
                  .rule_id = "LATE",
                  .definition = "rule: LATE\nversion: 1\nstudy: S1\ntitle: t\nseverity: info\n"
                                "when: vs.SYSBP.value > 140.0\nsettle: 1h\n",
                  .period = {.from = FromUnixMicros(0)}},
        .catalog = catalog};
    version.rule = CompileVersion(version.known, catalog);
    ASSERT_NE(version.rule, nullptr);
    std::vector<CompiledVersion> versions;
    versions.push_back(std::move(version));
    book.Load(std::move(versions));
  }

  using MaybeCold = Result<std::optional<Detector::Cold>>;
  static Task<MaybeCold> ReadCold(db::Database* database, Detector* detector) {
    VEDETTE_CO_TRY(const auto transaction, co_await database->BeginRead(Deadline::None()));
    co_return co_await detector->NextCold(*transaction, 10);
  }
  MaybeCold NextCold(Detector& detector) {
    return Run<MaybeCold>([&] { return ReadCold(&*database_, &detector); });
  }
};

TEST_P(DetectorTest, WhatATransactionThatFailedWasToLoadIsLoadedByALaterOne) {
  ASSERT_TRUE(Record(Batch({Systolic("k1", 120), Systolic("k2", 120, "702-1")})));
  RuleBook book;
  LoadWaitingRule(book);
  Detector detector({});
  ASSERT_TRUE(detector.Begin(book.Snapshot(), 1));
  const auto first = NextCold(detector);
  ASSERT_TRUE(first && *first);
  ASSERT_THAT((*first)->subjects, SizeIs(2));
  // It ended before they were read, and its count was given back.
  ASSERT_FALSE(detector.Begin(book.Snapshot(), 1));
  const auto again = NextCold(detector);
  ASSERT_TRUE(again && *again) << "their timers would never come";
  EXPECT_THAT((*again)->subjects, SizeIs(2));
}

VEDETTE_ON_BOTH_DATABASES(DetectorTest);

}  // namespace
}  // namespace vedette::monitor
