// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "services/monitor/monitor_fixture.h"

namespace vedette::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RecordTest : public MonitorTest {
 protected:
  static std::vector<std::string> Fields(const Error& error) {
    std::vector<std::string> fields;
    for (const FieldViolation& violation : error.violations) fields.push_back(violation.field);
    return fields;
  }
};

TEST_P(RecordTest, TakesABatchRaisesItsAlertsAndTakesNothingTwice) {
  Activate(HighRule());
  const auto batch = Batch({Systolic("k1", 120), Systolic("k2", 152), Systolic("k3", 140)});
  const auto first = Record(batch);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->recorded(), 3);
  EXPECT_EQ(first->duplicates(), 0);
  EXPECT_EQ(first->alerts_raised(), 1);

  const auto again = Record(batch);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->recorded(), 0);
  EXPECT_EQ(again->duplicates(), 3);
  EXPECT_EQ(again->alerts_raised(), 0);

  const auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_EQ(alerts[0].rule_name(), "Systolic pressure high");
  EXPECT_EQ(alerts[0].patient_id(), "id-701-1");
  EXPECT_EQ(alerts[0].subject_name(), "Z*");
  EXPECT_EQ(alerts[0].message(), "152 mmHg is high");
  EXPECT_EQ(alerts[0].severity(), rule::v1::WARNING);
  EXPECT_EQ(Summary().events(), 3);
}

TEST_P(RecordTest, CountsRepetitionsWithinABatch) {
  const auto answer = Record(Batch({Systolic("k1", 120), Systolic("k1", 120)}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->recorded(), 1);
  EXPECT_EQ(answer->duplicates(), 1);
}

TEST_P(RecordTest, AConflictRefusesTheWholeBatch) {
  ASSERT_TRUE(Record(Batch({Systolic("k1", 120)})));
  const auto answer = Record(Batch({Systolic("new", 121), Systolic("k1", 130)}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kConflict);
  EXPECT_THAT(Fields(answer.error()), ElementsAre("events[1].idempotencyKey"));
  EXPECT_EQ(Summary().events(), 1);
  // What was refused may still come.
  EXPECT_EQ(Record(Batch({Systolic("new", 121)}))->recorded(), 1);
  EXPECT_EQ(Record(Batch({Systolic("x", 1e2), Systolic("x", 101)})).error().code, Code::kConflict);
  EXPECT_EQ(Summary().events(), 2);
}

TEST_P(RecordTest, TheSameKeyInAnotherStudyIsAnother) {
  ASSERT_TRUE(Record(Batch({Systolic("k1", 120)})));
  const auto answer = Record(Batch({Systolic("k1", 130)}, "S2"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->recorded(), 1);
}

TEST_P(RecordTest, AnyViolationRefusesTheBatchAndAllAreNamed) {
  auto bad_unit = Systolic("k2", 120);
  bad_unit.set_unit("bar");
  auto bad_item = Systolic("k3", 120);
  bad_item.set_item("SYSPB");
  auto bad_time = Systolic("k4", 120, "999-1");
  bad_time.set_time("2026-13-01");
  const auto answer =
      Record(Batch({Systolic("k1", 120), bad_unit, bad_item, bad_time, Systolic("k5", 1000)}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kInvalidArgument);
  EXPECT_THAT(Fields(answer.error()),
              ElementsAre("events[1].unit", "events[2].item", "events[3].subjectNumber",
                          "events[3].time", "events[4].number"));
  EXPECT_THAT(answer.error().violations[1].description, HasSubstr("did you mean SYSBP?"));
  for (const FieldViolation& violation : answer.error().violations) {
    EXPECT_THAT(violation.description, ::testing::Not(HasSubstr("1000")));
  }
  EXPECT_EQ(Summary().events(), 0);
  EXPECT_EQ(Record(Batch({Systolic("k1", 121)}))->recorded(), 1);
}

TEST_P(RecordTest, FindsAnItemThatWasAddedSinceTheDictionaryWasRead) {
  MonitorConfig config = QuickConfig();
  StartAgain(config);
  ASSERT_TRUE(Record(Batch({Systolic("k1", 120)})));
  trial::v1::Item pulse;
  pulse.set_code("PULSE");
  pulse.set_type(trial::v1::NUMBER);
  trial_.AddItem(pulse);
  auto event = Systolic("k2", 70);
  event.set_item("PULSE");
  event.clear_unit();
  // A reading that failed to find an item is repeated once a second at most.
  Eventually("the item is known", [&] { return Record(Batch({event})).has_value(); });
  EXPECT_LT(trial_.readings, 5);
}

TEST_P(RecordTest, KeepsEveryKindOfValueAndMissingOnesRaiseNothing) {
  Activate(HighRule("v1", 100));
  auto absent = Systolic("k1", 0);
  absent.clear_number();
  absent.set_absent_reason("NOT DONE");
  auto below = Systolic("k2", 150);
  below.set_comparator("<");  // may be above 100 or not
  auto above = Systolic("k3", 150);
  above.set_comparator(">");
  auto converted = Systolic("k4", 20);
  converted.set_unit("kPa");
  auto text = Systolic("k5", 0);
  text.set_item("NOTE");
  text.clear_number();
  text.clear_unit();
  text.set_text("calm");
  const auto answer = Record(Batch({absent, below, above, converted, text}));
  ASSERT_TRUE(answer) << answer.error().violations.at(0).description;
  EXPECT_EQ(answer->recorded(), 5);
  EXPECT_EQ(answer->alerts_raised(), 2);

  const auto series = Series();
  EXPECT_EQ(series.unit(), "mmHg");
  EXPECT_EQ(series.subject_number(), "701-1");
  ASSERT_EQ(series.points_size(), 4);
  EXPECT_EQ(series.points(0).absent_reason(), "NOT DONE");
  EXPECT_FALSE(series.points(0).has_number());
  EXPECT_EQ(series.points(1).comparator(), "<");
  EXPECT_EQ(series.points(1).alert_ids_size(), 0);
  EXPECT_EQ(series.points(2).alert_ids_size(), 1);
  EXPECT_EQ(series.points(3).number(), 150);
  EXPECT_EQ(series.points(3).alert_ids_size(), 1);
  ASSERT_EQ(series.thresholds_size(), 1);
  EXPECT_EQ(series.thresholds(0).value(), 100);
}

TEST_P(RecordTest, ConcurrentIdenticalRequestsAreTakenOnce) {
  Activate(HighRule());
  const auto batch = Batch({Systolic("k1", 150), Systolic("k2", 160)});
  const auto answers = RecordAll(std::vector<v1::RecordRequest>(32, batch));
  int recorded = 0;
  int duplicates = 0;
  int alerts = 0;
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer) << answer.error().message;
    recorded += answer->recorded();
    duplicates += answer->duplicates();
    alerts += answer->alerts_raised();
  }
  EXPECT_EQ(recorded, 2);
  EXPECT_EQ(duplicates, 62);
  EXPECT_EQ(alerts, 2);
  EXPECT_THAT(Alerts(), SizeIs(2));
  EXPECT_EQ(Summary().events(), 2);
}

TEST_P(RecordTest, AConflictHarmsNobodyElseInItsTransaction) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("taken", 120)})));
  std::vector<v1::RecordRequest> requests;
  for (int i = 0; i < 40; ++i) {
    const std::string key = "k" + std::to_string(i);
    std::vector<v1::Observation> events{Systolic(key + "a", 150), Systolic(key + "b", 120)};
    if (i % 4 == 0) events.push_back(Systolic("taken", 121));
    requests.push_back(Batch(std::move(events)));
  }
  const auto answers = RecordAll(std::move(requests));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (i % 4 == 0) {
      ASSERT_FALSE(answers[i]) << i;
      EXPECT_EQ(answers[i].error().code, Code::kConflict);
      EXPECT_THAT(Fields(answers[i].error()), ElementsAre("events[2].idempotencyKey"));
    } else {
      ASSERT_TRUE(answers[i]) << i << ": " << answers[i].error().message;
      EXPECT_EQ(answers[i]->recorded(), 2);
      EXPECT_EQ(answers[i]->alerts_raised(), 1);
    }
  }
  EXPECT_EQ(Summary().events(), 61);
  EXPECT_THAT(Alerts(), SizeIs(30));
}

TEST_P(RecordTest, ADryRunAnswersAsIfAndChangesNothing) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 120)})));
  auto request = Batch({Systolic("k1", 120), Systolic("k2", 150)});
  request.set_dry_run(true);
  const auto answer = Record(request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->recorded(), 1);
  EXPECT_EQ(answer->duplicates(), 1);
  EXPECT_EQ(answer->alerts_raised(), 1);
  auto conflict = Batch({Systolic("k1", 121)});
  conflict.set_dry_run(true);
  EXPECT_EQ(Record(conflict).error().code, Code::kConflict);
  EXPECT_EQ(Summary().events(), 1);
  EXPECT_THAT(Alerts(), IsEmpty());
}

TEST_P(RecordTest, LargeBatchesOfRepetitionsAndNewOnes) {
  std::vector<v1::Observation> events;
  for (int i = 0; i < 300; ++i) {
    events.push_back(Systolic("k" + std::to_string(i), 100 + i % 50, "701-" + std::to_string(i)));
  }
  ASSERT_EQ(Record(Batch(events))->recorded(), 300);
  for (int i = 300; i < 350; ++i) events.push_back(Systolic("k" + std::to_string(i), 100));
  const auto answer = Record(Batch(events));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->recorded(), 50);
  EXPECT_EQ(answer->duplicates(), 300);
}

TEST_P(RecordTest, OnlyOnSitesWhereTheCallerMay) {
  Become({"701"});
  const auto answer = Record(Batch({Systolic("k1", 120, "701-1"), Systolic("k2", 120, "702-1")}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kPermissionDenied);
  EXPECT_THAT(answer.error().message, HasSubstr("702"));
  EXPECT_EQ(Summary().events(), 0);
  EXPECT_EQ(Record(Batch({Systolic("k1", 120, "701-1")}))->recorded(), 1);
}

TEST_P(RecordTest, GoesOnWithKnownStudiesWhileOthersAreAway) {
  MonitorConfig config = QuickConfig();
  config.dictionary_refresh = std::chrono::milliseconds(0);  // each time old
  StartAgain(config);
  ASSERT_TRUE(Record(Batch({Systolic("k1", 120)})));
  trial_.away = true;
  subject_.away = true;
  const auto known = Record(Batch({Systolic("k2", 120)}));
  ASSERT_TRUE(known) << known.error().message;
  EXPECT_EQ(known->recorded(), 1);
  EXPECT_EQ(Record(Batch({Systolic("k3", 120)}, "S2")).error().code, Code::kUnavailable);
  EXPECT_EQ(Record(Batch({Systolic("k4", 120, "701-2")})).error().code, Code::kUnavailable);
}

TEST_P(RecordTest, AsksForUnknownSubjectsOnceABatch) {
  std::vector<v1::Observation> events;
  for (int i = 0; i < 50; ++i) {
    events.push_back(Systolic("k" + std::to_string(i), 120, "701-" + std::to_string(i)));
  }
  ASSERT_TRUE(Record(Batch(events)));
  EXPECT_EQ(subject_.resolutions, 1);
  ASSERT_TRUE(Record(Batch(events)));
  EXPECT_EQ(subject_.resolutions, 1);
}

TEST_P(RecordTest, TheDatabaseRefusesToChangeTheLogAndItsAlerts) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150)})));
  constexpr db::Sql kStatements[] = {
      {"test_1", "UPDATE monitor_event SET number = 120"},
      {"test_2", "DELETE FROM monitor_event"},
      {"test_3", "UPDATE monitor_alert SET severity = 1"},
      {"test_4", "DELETE FROM monitor_alert"},
  };
  for (const db::Sql statement : kStatements) {
    const auto result =
        Run<Result<db::Rows>>([&] { return database_->Query(Context().deadline, statement); });
    EXPECT_FALSE(result) << statement.text;
  }
  EXPECT_EQ(Series().points(0).number(), 150);
  EXPECT_THAT(Alerts(), SizeIs(1));
}

TEST_P(RecordTest, ReceivedTimesNeverFallAlongTheLog) {
  ASSERT_TRUE(Record(Batch({Systolic("k1", 120)})));
  clock_.Shift(-std::chrono::hours(1));
  ASSERT_TRUE(Record(Batch({Systolic("k2", 120)})));
  StartAgain();
  ASSERT_TRUE(Record(Batch({Systolic("k3", 120)})));
  constexpr db::Sql kReceived{"test_received",
                              "SELECT received_at FROM monitor_event ORDER BY sequence"};
  const auto rows =
      *Run<Result<db::Rows>>([&] { return database_->Query(Context().deadline, kReceived); });
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_LE(rows[0].Int(0), rows[1].Int(0));
  EXPECT_LE(rows[1].Int(0), rows[2].Int(0));
}

VEDETTE_ON_BOTH_DATABASES(RecordTest);

}  // namespace
}  // namespace vedette::monitor
