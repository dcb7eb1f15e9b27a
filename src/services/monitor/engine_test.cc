// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "model/study_time.h"
#include "services/monitor/monitor_fixture.h"

namespace vedette::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What the engine remembers, forgets and finds again.
class MonitorEngineTest : public MonitorTest {
 protected:
  static constexpr char kEpisodes[] =
      "title: Episode\nwhen: vs.SYSBP.value > 140.0\nresolve_when: vs.SYSBP.value < 130.0\n"
      "severity: warning\ndedupe: episode\n";

  static v1::Observation At(std::string time, std::string key, double value) {
    auto event = Systolic(std::move(key), value);
    event.set_time(std::move(time));
    return event;
  }

  std::int64_t Count(const db::Sql& sql) {
    return (*Run<Result<db::Rows>>([&] { return database_->Query(Context().deadline, sql); }))[0]
        .Int(0);
  }
  std::int64_t Changes() {
    constexpr db::Sql kChanges{"test_changes", "SELECT COUNT(*) FROM monitor_alert_change"};
    return Count(kChanges);
  }

  // Data that some day are missing: the diary item of a daily plan.
  void PlanADiary() {
    trial::v1::Item diary;
    diary.set_code("DIARY");
    diary.set_domain("QS");
    diary.set_type(trial::v1::NUMBER);
    diary.set_expected_every(86'400);
    trial_.AddItem(diary);
  }
};

TEST_P(MonitorEngineTest, AnEpisodeIsOneAlertThatResolves) {
  Activate(Rule("v1", kEpisodes));
  EXPECT_EQ(Record(Batch({At("2026-03-01T08:00:00Z", "k1", 150)}))->alerts_raised(), 1);
  EXPECT_EQ(Record(Batch({At("2026-03-01T09:00:00Z", "k2", 155)}))->alerts_raised(), 0);
  EXPECT_EQ(Record(Batch({At("2026-03-01T10:00:00Z", "k3", 135)}))->alerts_raised(), 0);
  EXPECT_EQ(Alerts().at(0).detection(), "firing");
  ASSERT_TRUE(Record(Batch({At("2026-03-01T11:00:00Z", "k4", 120)})));
  const auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_EQ(alerts[0].detection(), "resolved");
  EXPECT_EQ(alerts[0].resolved_at(), 1'772'362'800'000'000);
  EXPECT_EQ(alerts[0].observations(), 2);
  EXPECT_EQ(alerts[0].workflow(), "new");
  EXPECT_THAT(Trail(alerts[0].alert_id()), ElementsAre("raised", "resolved"));
  EXPECT_EQ(Record(Batch({At("2026-03-01T12:00:00Z", "k5", 150)}))->alerts_raised(), 1);
}

// More of them than one statement asks for.
TEST_P(MonitorEngineTest, ManyAlertsStayWherePeopleBroughtThem) {
  Activate(
      Rule("v1", "title: Each\nwhen: vs.SYSBP.value > 140.0\nseverity: warning\ndedupe: anchor\n"));
  constexpr int kAlerts = 20;
  std::vector<v1::Observation> first;
  std::vector<v1::Observation> corrected;
  for (int i = 0; i < kAlerts; ++i) {
    const std::string key = "k" + std::to_string(i);
    const std::string time = "2026-03-01T08:00:" + std::to_string(10 + i) + "Z";
    first.push_back(At(time, key, 150));
    corrected.push_back(At(time, key + "-again", 160));
    corrected.back().set_corrects(key);
  }
  EXPECT_EQ(Record(Batch(std::move(first)))->alerts_raised(), kAlerts);
  constexpr db::Sql kReview{"test_review", "UPDATE monitor_alert_state SET workflow = 'in_review'"};
  ASSERT_TRUE(Run<Result<db::Rows>>([&] { return database_->Query(Context().deadline, kReview); }));
  ASSERT_TRUE(Record(Batch(std::move(corrected))));
  EXPECT_EQ(Changes(), 2 * kAlerts);
  const auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(kAlerts));
  for (const v1::Alert& alert : alerts) {
    EXPECT_EQ(alert.workflow(), "in_review");
    EXPECT_EQ(alert.detection(), "firing");
  }
}

TEST_P(MonitorEngineTest, ARestartGoesOnWhereItWas) {
  Activate(Rule("v1", kEpisodes));
  ASSERT_TRUE(Record(Batch({At("2026-03-01T08:00:00Z", "k1", 150)})));
  StartAgain();
  EXPECT_EQ(Record(Batch({At("2026-03-01T09:00:00Z", "k2", 155)}))->alerts_raised(), 0);
  StartAgain();
  ASSERT_TRUE(Record(Batch({At("2026-03-01T10:00:00Z", "k3", 120)})));
  const auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_THAT(Trail(alerts[0].alert_id()), ElementsAre("raised", "resolved"));
  EXPECT_EQ(Changes(), 2);
}

TEST_P(MonitorEngineTest, WhatIsFirstForgottenIsFoundAgain) {
  MonitorConfig config = QuickConfig();
  config.engine_subjects = 2;
  StartAgain(config);
  Activate(Rule("v1", kEpisodes));
  for (int i = 0; i < 6; ++i) {
    ASSERT_EQ(Record(Batch({Systolic("a" + std::to_string(i), 150, "701-" + std::to_string(i))}))
                  ->alerts_raised(),
              1);
  }
  for (int i = 0; i < 6; ++i) {
    auto event = Systolic("b" + std::to_string(i), 120, "701-" + std::to_string(i));
    event.set_time("2026-03-02T08:30:00Z");
    ASSERT_TRUE(Record(Batch({event})));
  }
  const auto alerts = Alerts();
  EXPECT_THAT(alerts, SizeIs(6));
  for (const auto& alert : alerts) EXPECT_EQ(alert.detection(), "resolved");
}

// A refused batch is alone in its transaction, which is undone with it.
TEST_P(MonitorEngineTest, WhatWasUndoneWasNotSeen) {
  Activate(Rule("v1", kEpisodes));
  ASSERT_TRUE(Record(Batch({At("2026-03-01T08:00:00Z", "k1", 120)})));
  EXPECT_FALSE(Record(Batch({At("2026-03-01T09:00:00Z", "k2", 150), Systolic("k1", 121)})));
  EXPECT_EQ(Record(Batch({At("2026-03-01T10:00:00Z", "k3", 150)}))->alerts_raised(), 1);
  const auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_EQ(alerts[0].event_time(), 1'772'359'200'000'000);
}

// As if the process had ended after its events were durable and before their alerts were: nothing
// does that, but the next load would still owe them.
TEST_P(MonitorEngineTest, ALoadWritesWhatTheTableLacks) {
  rule_.KeepQuiet(true);
  rule_.Put(Rule("v1", kEpisodes));
  ASSERT_TRUE(Record(Batch({At("2026-03-01T08:00:00Z", "k1", 150)})));
  EXPECT_THAT(Alerts(), IsEmpty());
  rule_.KeepQuiet(false);
  AwaitCovered();
  EXPECT_THAT(Alerts(), SizeIs(1));
  EXPECT_EQ(Changes(), 1);
}

TEST_P(MonitorEngineTest, TheEndOfAVersionEndsItsAlerts) {
  Activate(Rule("v1", kEpisodes));
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150)})));
  clock_.Shift(std::chrono::seconds(10));
  rule_.Retire("v1", ToUnixMicros(clock_.Now()));
  clock_.Shift(std::chrono::seconds(12));
  Eventually("the alert is over", [&] { return Alerts().at(0).change() == "superseded"; });
  EXPECT_EQ(Alerts().at(0).detection(), "resolved");
  EXPECT_EQ(Alerts().at(0).workflow(), "new");
  StartAgain();
  ASSERT_TRUE(Record(Batch({Systolic("k2", 150)})));
  EXPECT_EQ(Changes(), 2);
}

TEST_P(MonitorEngineTest, MissingDataRaiseWhenTimeHasCome) {
  PlanADiary();
  Activate(
      Rule("diary", "title: Diary\nwhen: pro.DIARY.missed_in_a_row() >= 2\nseverity: warning\n"));
  auto entry = Systolic("k1", 3);
  entry.set_item("DIARY");
  entry.clear_unit();
  const auto today = std::chrono::floor<std::chrono::seconds>(clock_.Now());
  entry.set_time(FormatStudyTime({.instant = today, .offset_minutes = 0}));
  Eventually("the item is known", [&] { return Record(Batch({entry})).has_value(); });
  EXPECT_THAT(Alerts(), IsEmpty());
  clock_.Shift(std::chrono::hours(24 * 4));
  Eventually("the alert is raised", [&] { return !Alerts().empty(); });
  auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_EQ(alerts[0].detection(), "firing");
  // At its due time, not when somebody looked.
  EXPECT_LT(alerts[0].event_time(), alerts[0].raised_at() - 86'400'000'000);

  StartAgain();
  clock_.Shift(std::chrono::hours(24 * 5));
  entry.set_idempotency_key("k2");
  entry.set_time(
      FormatStudyTime({.instant = today + std::chrono::hours(24 * 5), .offset_minutes = 0}));
  ASSERT_TRUE(Record(Batch({entry})));
  Eventually("the alert is over", [&] { return Alerts().at(0).detection() == "resolved"; });
  alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_THAT(Trail(alerts[0].alert_id()), ElementsAre("raised", "resolved"));
}

TEST_P(MonitorEngineTest, ATimerThatCameDueWhileNobodyRanFiresOnce) {
  PlanADiary();
  Activate(
      Rule("diary", "title: Diary\nwhen: pro.DIARY.missed_in_a_row() >= 2\nseverity: warning\n"));
  auto entry = Systolic("k1", 3);
  entry.set_item("DIARY");
  entry.clear_unit();
  entry.set_time(FormatStudyTime(
      {.instant = std::chrono::floor<std::chrono::seconds>(clock_.Now()), .offset_minutes = 0}));
  Eventually("the item is known", [&] { return Record(Batch({entry})).has_value(); });
  runtime_.RunBlocking([this] { return module_->Stop(); });
  clock_.Shift(std::chrono::hours(24 * 4));
  StartAgain();
  Eventually("the alert is raised", [&] { return !Alerts().empty(); });
  StartAgain();
  ASSERT_TRUE(Record(Batch({Systolic("other", 120)})));
  EXPECT_THAT(Alerts(), SizeIs(1));
  EXPECT_EQ(Changes(), 1);
}

TEST_P(MonitorEngineTest, RowsOfAFormAreJudgedAsAWhole) {
  const auto field = [&](const char* code, trial::v1::ItemType type) {
    trial::v1::Item item;
    item.set_code(code);
    item.set_type(type);
    item.set_role(trial::v1::FIELD);
    item.set_form("AE");
    trial_.AddItem(item);
  };
  field("AESER", trial::v1::TEXT);
  field("AESTDTC", trial::v1::TIME);
  Activate(Rule("ae",
                "title: Serious\nscope: row\neach: form.AE\n"
                "when: row.AESER == \"Y\" && has(row.AESTDTC)\nseverity: warning\n"));
  const auto entry = [](std::string key, const char* item, const char* text) {
    auto event = Systolic(std::move(key), 0);
    event.clear_number();
    event.clear_unit();
    event.set_item(item);
    event.set_text(text);
    event.set_row("AE/1");
    return event;
  };
  Eventually("the items are known",
             [&] { return Record(Batch({entry("k1", "AESER", "Y")})).has_value(); });
  EXPECT_THAT(Alerts(), IsEmpty());
  EXPECT_EQ(Record(Batch({entry("k2", "AESTDTC", "2026-02-01")}))->alerts_raised(), 1);
  const auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_EQ(alerts[0].scope(), "row");
  EXPECT_EQ(Detail(alerts[0].alert_id()).evidence().observations_size(), 2);
}

TEST_P(MonitorEngineTest, ARuleStaysAtWorkWithTheDictionaryItFits) {
  Activate(HighRule());
  trial_.SetItems({});
  trial::v1::Item other;
  other.set_code("PULSE");
  other.set_type(trial::v1::NUMBER);
  trial_.AddItem(other);
  StartAgain();
  Eventually("the misfit shows", [&] {
    return metrics_
               .GetGauge("vedette_monitor_rules_outdated",
                         "Rule versions at work that the study's dictionary of now does not fit.")
               .Value() == 1;
  });
}

VEDETTE_ON_BOTH_DATABASES(MonitorEngineTest);

// The history that back-tests read.
class HistoryTest : public MonitorTest {
 protected:
  class Collector final : public rpc::StreamWriter<v1::HistoryChunk> {
   public:
    Task<bool> Write(v1::HistoryChunk chunk) override {
      chunks.push_back(std::move(chunk));
      co_return true;
    }
    std::vector<v1::HistoryChunk> chunks;
  };

  std::vector<v1::HistoryChunk> Read(std::vector<std::string> items) {
    v1::ReadHistoryRequest request;
    request.set_study_id("S1");
    for (std::string& item : items) request.add_items(std::move(item));
    Collector collector;
    const auto ended =
        Run<Status>([&] { return api().ReadHistory(Context(), request, collector); });
    EXPECT_TRUE(ended) << ended.error().message;
    return std::move(collector.chunks);
  }
};

TEST_P(HistoryTest, HoldsEveryVersionInOrder) {
  auto note = Systolic("n1", 0, "702-1");
  note.set_item("NOTE");
  note.clear_number();
  note.clear_unit();
  note.set_text("calm");
  auto below = Systolic("k2", 60);
  below.set_comparator("<");
  below.set_range_low(90);
  ASSERT_TRUE(Record(Batch({Systolic("k1", 120), note, below})));
  ASSERT_TRUE(Record(Batch({Correction("k1", "k3", 125)})));
  ASSERT_TRUE(Record(Batch({Withdrawal("k3", "k4")})));
  ASSERT_TRUE(Record(Batch({Systolic("k1", 1e2)}, "S2")));

  const auto chunks = Read({});
  ASSERT_THAT(chunks, SizeIs(1));
  const v1::HistoryChunk& chunk = chunks[0];
  EXPECT_EQ(chunk.total(), 5);
  EXPECT_THAT(chunk.new_subjects(), ElementsAre("701-1", "702-1"));
  EXPECT_THAT(chunk.new_sites(), ElementsAre("701", "702"));
  EXPECT_THAT(chunk.new_items(), ElementsAre("SYSBP", "NOTE"));
  EXPECT_THAT(chunk.subject(), ElementsAre(0, 1, 0, 0, 0));
  EXPECT_THAT(chunk.item(), ElementsAre(0, 1, 0, 0, 0));
  EXPECT_EQ(chunk.key(0), chunk.key(3));
  EXPECT_EQ(chunk.key(0), chunk.key(4));
  EXPECT_NE(chunk.key(0), chunk.key(2));
  EXPECT_EQ(chunk.number(0), 120);
  EXPECT_TRUE(std::isnan(chunk.number(1)));
  EXPECT_THAT(chunk.flags(), ElementsAre(0, 0, 1, 0, 12));
  ASSERT_EQ(chunk.texts_size(), 1);
  EXPECT_EQ(chunk.texts(0).index(), 1U);
  EXPECT_EQ(chunk.texts(0).text(), "calm");
  EXPECT_EQ(chunk.range_low(2), 90);
  EXPECT_TRUE(std::isnan(chunk.range_low(0)));
  EXPECT_EQ(chunk.row_size(), 0);
  EXPECT_THAT(std::vector<std::int64_t>(chunk.received().begin(), chunk.received().end()),
              ::testing::WhenSorted(::testing::ElementsAreArray(chunk.received())));
}

TEST_P(HistoryTest, HoldsTheItemsAskedFor) {
  auto note = Systolic("n1", 0);
  note.set_item("NOTE");
  note.clear_number();
  note.clear_unit();
  note.set_text("calm");
  ASSERT_TRUE(Record(Batch({Systolic("k1", 120), note})));
  const auto chunks = Read({"NOTE", "NOT"});
  ASSERT_THAT(chunks, SizeIs(1));
  EXPECT_THAT(chunks[0].new_items(), ElementsAre("NOTE"));
  EXPECT_EQ(chunks[0].key_size(), 1);
  EXPECT_EQ(chunks[0].flags_size(), 0);
  EXPECT_THAT(Read({"SYS"}), IsEmpty());
}

VEDETTE_ON_BOTH_DATABASES(HistoryTest);

}  // namespace
}  // namespace vedette::monitor
