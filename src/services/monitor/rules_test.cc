// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "services/monitor/monitor_fixture.h"

namespace vedette::monitor {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MonitorRulesTest : public MonitorTest {};

TEST_P(MonitorRulesTest, EventsRecordedBeforeTheNewsOfAnActivationAreCaughtUp) {
  MonitorConfig config = QuickConfig();
  config.catch_up_rows = 3;  // several steps
  StartAgain(config);
  ASSERT_TRUE(Record(Batch({Systolic("before", 199)})));
  rule_.KeepQuiet(true);
  clock_.Shift(std::chrono::seconds(1));
  rule_.Put(HighRule());
  for (int i = 0; i < 10; ++i) {
    const auto answer = Record(Batch({Systolic("k" + std::to_string(i), 120 + 5 * i)}));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->alerts_raised(), 0);
  }
  EXPECT_THAT(Alerts(), IsEmpty());
  rule_.KeepQuiet(false);
  AwaitCovered();
  // 145 … 165, and not what came before the activation.
  EXPECT_THAT(Alerts(), SizeIs(5));
  EXPECT_EQ(Record(Batch({Systolic("after", 150)}))->alerts_raised(), 1);
  EXPECT_THAT(Alerts(), SizeIs(6));
}

TEST_P(MonitorRulesTest, NothingIsLostOrDoubledWhileARuleArrivesAmidTraffic) {
  MonitorConfig config = QuickConfig();
  config.catch_up_rows = 7;
  StartAgain(config);
  rule_.KeepQuiet(true);
  rule_.Put(HighRule());
  constexpr int kRounds = 12;
  constexpr int kAtOnce = 16;
  for (int round = 0; round < kRounds; ++round) {
    if (round == kRounds / 3) rule_.KeepQuiet(false);
    std::vector<v1::RecordRequest> requests;
    for (int i = 0; i < kAtOnce; ++i) {
      requests.push_back(
          Batch({Systolic("k" + std::to_string(round) + "/" + std::to_string(i), 150)}));
    }
    for (const auto& answer : RecordAll(std::move(requests))) ASSERT_TRUE(answer);
  }
  AwaitCovered();
  const auto alerts = Alerts();
  EXPECT_THAT(alerts, SizeIs(kRounds * kAtOnce));
  std::set<std::string> ids;
  for (const auto& alert : alerts) ids.insert(alert.alert_id());
  EXPECT_EQ(ids.size(), alerts.size());
}

TEST_P(MonitorRulesTest, ARestartKnowsItsRulesThoughEverybodyElseIsAway) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150)})));
  rule_.away = true;
  StartAgain();
  EXPECT_EQ(Record(Batch({Systolic("k2", 150)}))->alerts_raised(), 1);
  rule_.away = false;
  EXPECT_THAT(Alerts(), SizeIs(2));
}

TEST_P(MonitorRulesTest, CatchingUpAgainAfterARestartRaisesNothingTwice) {
  rule_.KeepQuiet(true);
  rule_.Put(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150), Systolic("k2", 160)})));
  rule_.KeepQuiet(false);
  AwaitCovered();
  ASSERT_THAT(Alerts(), SizeIs(2));
  // As if the process had ended before the last step.
  constexpr db::Sql kForget{"test_forget", "UPDATE monitor_rule SET covered = $1"};
  ASSERT_TRUE(Run<Result<db::Rows>>(
      [&] { return database_->Query(Context().deadline, kForget, db::Params{false}); }));
  StartAgain();
  AwaitCovered();
  EXPECT_THAT(Alerts(), SizeIs(2));
  constexpr db::Sql kOutbox{"test_outbox", "SELECT COUNT(*) FROM vedette_outbox"};
  Eventually("the outbox is empty", [&] {
    const auto rows =
        *Run<Result<db::Rows>>([&] { return database_->Query(Context().deadline, kOutbox); });
    return rows[0].Int(0) == 0;
  });
  EXPECT_THAT(metrics_.Expose(),
              HasSubstr("vedette_monitor_published_total{topic=\"monitor.alert.raised\"} 2\n"));
}

TEST_P(MonitorRulesTest, ARetiredVersionJudgesNoMore) {
  Activate(HighRule());
  EXPECT_EQ(Record(Batch({Systolic("k1", 150)}))->alerts_raised(), 1);
  rule_.Retire("v1", ToUnixMicros(clock_.Now()));
  Eventually("the threshold is gone", [&] { return Series().thresholds_size() == 0; });
  EXPECT_EQ(Record(Batch({Systolic("k2", 150)}))->alerts_raised(), 0);
  StartAgain();
  EXPECT_EQ(Record(Batch({Systolic("k3", 150)}))->alerts_raised(), 0);
}

TEST_P(MonitorRulesTest, APeriodThatIsOverIsCaughtUpToo) {
  rule_.KeepQuiet(true);
  rule_.Put(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150)})));
  clock_.Shift(std::chrono::seconds(10));
  rule_.Retire("v1", ToUnixMicros(clock_.Now()));
  ASSERT_TRUE(Record(Batch({Systolic("k2", 150)})));
  rule_.KeepQuiet(false);
  AwaitCovered();
  const auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
}

// The clock of rule is ahead of ours: whoever was told that the rule is active must be right.
TEST_P(MonitorRulesTest, AVersionJudgesFromWhenItIsKnownAtTheLatest) {
  auto version = HighRule();
  version.set_active_from(ToUnixMicros(clock_.Now() + std::chrono::hours(1)));
  Activate(version);
  EXPECT_EQ(Record(Batch({Systolic("k1", 150)}))->alerts_raised(), 1);
  EXPECT_EQ(Series().thresholds_size(), 1);
  StartAgain();
  EXPECT_EQ(Record(Batch({Systolic("k2", 150)}))->alerts_raised(), 1);
}

TEST_P(MonitorRulesTest, AClockSetBackAfterAnActivationLosesNothing) {
  Activate(HighRule());
  clock_.Shift(-std::chrono::hours(1));
  EXPECT_EQ(Record(Batch({Systolic("k1", 150)}))->alerts_raised(), 1);
  StartAgain();
  EXPECT_EQ(Record(Batch({Systolic("k2", 150)}))->alerts_raised(), 1);
}

TEST_P(MonitorRulesTest, AThresholdInAnotherUnitIsConverted) {
  Activate(Rule("v1",
                "title: High\nunits: {vs.SYSBP: kPa}\nwhen: vs.SYSBP.value > 20\n"
                "severity: warning\ndedupe: anchor\n"));
  EXPECT_EQ(Record(Batch({Systolic("k1", 151), Systolic("k2", 149)}))->alerts_raised(), 1);
  EXPECT_NEAR(Series().thresholds(0).value(), 150.01, 0.01);  // 7.50062 mmHg/kPa
}

TEST_P(MonitorRulesTest, AVersionWaitsForTheDictionaryAndThenLosesNothing) {
  trial_.away = true;
  rule_.Put(HighRule());
  const int before = trial_.readings;
  Eventually("the dictionary was asked for", [&] { return trial_.readings > before; });
  trial_.away = false;
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150)})));
  AwaitCovered();
  EXPECT_THAT(Alerts(), SizeIs(1));
}

TEST_P(MonitorRulesTest, AVersionIsCompiledWithWhatTheStudyIsThen) {
  trial::v1::Item note;
  note.set_code("NOTE");
  note.set_domain("VS");
  note.set_type(trial::v1::TEXT);
  trial_.AddItem(note);
  const auto design = [](const char* term) {
    trial::v1::StudyDesign planned;
    trial::v1::Codelist& list = *planned.add_codelists();
    list.set_name("BAD");
    list.add_terms(term);
    return planned;
  };
  trial_.SetDesign(design("dizzy"));
  Activate(HighRule());  // reads the catalog
  trial_.SetDesign(design("fainted"));
  Activate(Rule("v2",
                "title: Note\nwhen: vs.NOTE.value in codelist(\"BAD\")\n"
                "severity: warning\ndedupe: anchor\n"));
  auto observation = Systolic("k1", 0);
  observation.set_item("NOTE");
  observation.clear_number();
  observation.clear_unit();
  observation.set_text("fainted");
  EXPECT_EQ(Record(Batch({observation}))->alerts_raised(), 1);
}

VEDETTE_ON_BOTH_DATABASES(MonitorRulesTest);

}  // namespace
}  // namespace vedette::monitor
