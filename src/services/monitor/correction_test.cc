// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/monitor_fixture.h"

namespace vedette::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CorrectionTest : public MonitorTest {
 protected:
  // A reading of that day of March.
  static v1::Observation On(int day, std::string key, double value) {
    auto event = Systolic(std::move(key), value);
    event.set_time("2026-03-" + std::string(day < 10 ? "0" : "") + std::to_string(day) +
                   "T08:00:00Z");
    return event;
  }
};

TEST_P(CorrectionTest, ACorrectedValueTakesItsAlertBack) {
  Activate(HighRule());
  ASSERT_EQ(Record(Batch({Systolic("k1", 152)}))->alerts_raised(), 1);
  const auto answer = Record(Batch({Correction("k1", "k1b", 125)}));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->recorded(), 1);
  EXPECT_EQ(answer->corrections(), 1);
  EXPECT_EQ(answer->alerts_retracted(), 1);

  const auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_EQ(alerts[0].detection(), "retracted");
  EXPECT_EQ(alerts[0].change(), "retracted");
  EXPECT_EQ(alerts[0].workflow(), "new");
  const auto detail = Detail(alerts[0].alert_id());
  ASSERT_EQ(detail.history_size(), 2);
  EXPECT_EQ(detail.history(1).change(), "retracted");
  EXPECT_EQ(detail.history(1).cause_version(), 2);
  ASSERT_EQ(detail.evidence().observations_size(), 1);
  EXPECT_EQ(detail.evidence().observations(0).number(), 152);
  EXPECT_EQ(detail.evidence().observations(0).corrected_by(), detail.history(1).cause_event_id());
  EXPECT_FALSE(detail.evidence().observations(0).withdrawn());
  EXPECT_EQ(Summary().retracted(), 1);
  EXPECT_EQ(Summary().firing(), 0);

  const auto series = Series();
  ASSERT_EQ(series.points_size(), 2);
  EXPECT_TRUE(series.points(0).superseded());
  EXPECT_EQ(series.points(0).version(), 1);
  EXPECT_FALSE(series.points(1).superseded());
  EXPECT_EQ(series.points(1).version(), 2);
  EXPECT_EQ(series.points(1).number(), 125);
}

TEST_P(CorrectionTest, AnAlertThatComesBackKeepsItsId) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 152)})));
  ASSERT_TRUE(Record(Batch({Correction("k1", "k2", 125)})));
  EXPECT_EQ(Record(Batch({Correction("k2", "k3", 160)}))->alerts_raised(), 1);
  const auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_EQ(alerts[0].detection(), "firing");
  EXPECT_THAT(Trail(alerts[0].alert_id()), ElementsAre("raised", "retracted", "raised"));
  EXPECT_EQ(Detail(alerts[0].alert_id()).evidence().observations(0).number(), 160);
  EXPECT_EQ(Detail(alerts[0].alert_id()).evidence().observations(0).version(), 3);
}

TEST_P(CorrectionTest, EvidenceThatWasCorrectedIsNoted) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 152)})));
  ASSERT_TRUE(Record(Batch({Correction("k1", "k2", 170)})));
  const auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_THAT(Trail(alerts[0].alert_id()), ElementsAre("raised", "evidence_changed"));
  EXPECT_EQ(alerts[0].detection(), "firing");
  EXPECT_EQ(Detail(alerts[0].alert_id()).evidence().observations(0).number(), 170);
}

TEST_P(CorrectionTest, AWithdrawnValueTakesItsAlertBack) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 152)})));
  const auto answer = Record(Batch({Withdrawal("k1", "k2")}));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->alerts_retracted(), 1);
  const auto alerts = Alerts();
  EXPECT_EQ(alerts.at(0).detection(), "retracted");
  const auto read = Detail(alerts.at(0).alert_id()).evidence().observations(0);
  EXPECT_TRUE(read.withdrawn());
  const auto series = Series();
  ASSERT_EQ(series.points_size(), 2);
  EXPECT_TRUE(series.points(0).superseded());
  EXPECT_TRUE(series.points(1).superseded());
}

TEST_P(CorrectionTest, ALateValueRaisesInThePast) {
  Activate(Rule("v1",
                "title: Twice\nwhen: vs.SYSBP.last(2).size() == 2 &&"
                " vs.SYSBP.last(2).all(o, o.value > 140.0)\nseverity: warning\n"
                "dedupe: anchor\n"));
  ASSERT_TRUE(Record(Batch({On(1, "k1", 150), On(3, "k3", 120), On(5, "k5", 120)})));
  EXPECT_THAT(Alerts(), IsEmpty());
  const auto answer = Record(Batch({On(2, "k2", 151)}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->alerts_raised(), 1);
  const auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_TRUE(alerts[0].late());
  EXPECT_EQ(alerts[0].event_time(), 1'772'438'400'000'000);  // 2026-03-02T08:00Z
  EXPECT_EQ(Detail(alerts[0].alert_id()).evidence().observations_size(), 2);
}

TEST_P(CorrectionTest, CorrectionsOfOneBatchFollowEachOther) {
  Activate(HighRule());
  const auto batch =
      Batch({Systolic("k1", 152), Correction("k1", "k2", 125), Correction("k2", "k3", 155)});
  const auto answer = Record(batch);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->recorded(), 3);
  EXPECT_EQ(answer->corrections(), 2);
  EXPECT_EQ(answer->alerts_raised(), 1);
  EXPECT_EQ(Record(batch)->duplicates(), 3);
  const auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  const auto detail = Detail(alerts[0].alert_id());
  EXPECT_EQ(detail.evidence().observations(0).version(), 3);
  EXPECT_EQ(detail.evidence().observations(0).number(), 155);
}

TEST_P(CorrectionTest, AVersionIsCorrectedOnce) {
  ASSERT_TRUE(Record(Batch({Systolic("k1", 120)})));
  ASSERT_TRUE(Record(Batch({Correction("k1", "k2", 121)})));
  const auto again = Record(Batch({Systolic("other", 120), Correction("k1", "k3", 122)}));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kConflict);
  ASSERT_THAT(again.error().violations, SizeIs(1));
  EXPECT_EQ(again.error().violations[0].field, "events[1].corrects");
  EXPECT_THAT(again.error().violations[0].description,
              HasSubstr("already corrected by a later version"));
  EXPECT_EQ(Record(Batch({Correction("k1", "k2", 121)}))->duplicates(), 1);
  EXPECT_EQ(Summary().events(), 2);
  EXPECT_EQ(Record(Batch({Systolic("other", 120)}))->recorded(), 1);
}

TEST_P(CorrectionTest, ACorrectionNamesWhatIsThere) {
  ASSERT_TRUE(Record(Batch({Systolic("k1", 120)})));
  EXPECT_EQ(Record(Batch({Correction("nothing", "k2", 121)})).error().code, Code::kConflict);
  auto of_another = Correction("k1", "k3", 121);
  of_another.set_subject_number("701-2");
  EXPECT_THAT(Record(Batch({of_another})).error().violations.at(0).description,
              HasSubstr("another subject"));
  auto with_value = Withdrawal("k1", "k4");
  with_value.set_number(120);
  EXPECT_EQ(Record(Batch({with_value})).error().code, Code::kInvalidArgument);
  auto nothing_named = Withdrawal("", "k5");
  EXPECT_EQ(Record(Batch({nothing_named})).error().code, Code::kInvalidArgument);
  EXPECT_EQ(Summary().events(), 1);
}

TEST_P(CorrectionTest, ACorrectionAmongOthersHarmsNobody) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150)})));
  std::vector<v1::RecordRequest> requests;
  for (int i = 0; i < 12; ++i) {
    requests.push_back(Batch({Correction("k1", "c" + std::to_string(i), 120 + i)}));
    requests.push_back(Batch({Systolic("n" + std::to_string(i), 150)}));
  }
  int corrected = 0;
  const auto answers = RecordAll(std::move(requests));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (i % 2 == 0) {
      corrected += answers[i] ? 1 : 0;
    } else {
      ASSERT_TRUE(answers[i]);
      EXPECT_EQ(answers[i]->alerts_raised(), 1);
    }
  }
  EXPECT_EQ(corrected, 1);
  EXPECT_EQ(Summary().retracted(), 1);
  EXPECT_EQ(Summary().firing(), 12);
  EXPECT_EQ(Summary().events(), 14);
}

TEST_P(CorrectionTest, AReferenceRangeComesInTheItemsUnit) {
  auto event = Systolic("k1", 20);
  event.set_unit("kPa");
  event.set_range_low(12);
  event.set_range_high(16);
  ASSERT_TRUE(Record(Batch({event})));
  const auto series = Series();
  EXPECT_EQ(series.points(0).range_low(), 90);
  EXPECT_EQ(series.points(0).range_high(), 120);
  auto turned = Systolic("k2", 120);
  turned.set_range_low(130);
  turned.set_range_high(90);
  EXPECT_EQ(Record(Batch({turned})).error().violations.at(0).field, "events[0].rangeLow");
}

TEST_P(CorrectionTest, TheDatabaseRefusesToChangeThem) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150)})));
  ASSERT_TRUE(Record(Batch({Correction("k1", "k2", 120)})));
  constexpr db::Sql kStatements[] = {
      {"test_1", "UPDATE monitor_correction SET corrected_key = correcting_key"},
      {"test_2", "DELETE FROM monitor_correction"},
      {"test_3", "UPDATE monitor_alert_change SET change = 'raised'"},
      {"test_4", "DELETE FROM monitor_alert_change"},
      {"test_5", "DELETE FROM monitor_alert_evidence"},
  };
  for (const db::Sql statement : kStatements) {
    EXPECT_FALSE(Run<Result<db::Rows>>([&] {
      return database_->Query(Context().deadline, statement);
    })) << statement.text;
  }
}

VEDETTE_ON_BOTH_DATABASES(CorrectionTest);

}  // namespace
}  // namespace vedette::monitor
