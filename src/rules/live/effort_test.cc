// SPDX-License-Identifier: Apache-2.0
// What a change of a long series costs, in judgements: as many as it can affect.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "rules/live/engine_for_test.h"

namespace vedette::rules {
namespace {

// One heart rate a minute.
std::vector<Change> HeartRates(int count, Seconds start = kStart, std::uint64_t first_key = 1) {
  std::vector<Change> changes;
  for (int i = 0; i < count; ++i) {
    changes.push_back(
        Put("HR", first_key + static_cast<std::uint64_t>(i), start + i * 60, 60 + i % 30));
  }
  return changes;
}

Change RowField(std::string_view code, std::uint64_t row, Seconds time) {
  Change change = Put(code, row, time, static_cast<double>(time));
  change.row = row;
  return change;
}

class EffortTest : public EngineTest {
 protected:
  // Judgements that the changes cause.
  std::uint64_t EffortOf(std::span<const Change> changes, Seconds now) {
    const std::uint64_t before = engine_->Statistics().evaluations;
    Apply(changes, now);
    return engine_->Statistics().evaluations - before;
  }
};

TEST_F(EffortTest, ChangesThatComeTogetherJudgeEachAnchorOnce) {
  Start({Define("MEAN", "vs.HR.window(days(1)).mean() > 70.0")});
  EXPECT_EQ(EffortOf(HeartRates(300), kStart + kDay), 300U);
}

TEST_F(EffortTest, ARowIsNotJudgedAgainForWhatItDoesNotSee) {
  RuleDefinition rule = Define("ROW", "vs.HR.window(hours(1)).mean() > 60.0");
  rule.scope = EvaluationScope::kRow;
  rule.each_form = "AE";
  Start({rule});
  Apply(HeartRates(200), kStart + kDay);
  Apply(RowField("AESTDT", 1, kStart + 3600), kStart + kDay);
  ASSERT_EQ(Detected().size(), 1U);
  EXPECT_EQ(EffortOf(HeartRates(1, kStart + 3601, 1000), kStart + kDay), 0U);  // after the row
  EXPECT_EQ(EffortOf(HeartRates(1, kStart - 1, 1001), kStart + kDay), 0U);     // before its window
  EXPECT_EQ(EffortOf(HeartRates(1, kStart + 1, 1002), kStart + kDay), 1U);
}

TEST_F(EffortTest, ARowJudgedByTimeIsLeftAloneByLaterData) {
  RuleDefinition rule =
      Define("LATE", "now - row.AESTDT > hours(2) && vs.HR.window(hours(1)).mean() > 60.0");
  rule.scope = EvaluationScope::kRow;
  rule.each_form = "AE";
  Start({rule});
  Apply(HeartRates(60), kStart + 3600);
  Apply(RowField("AESTDT", 1, kStart + 3600), kStart + 3600);
  EXPECT_EQ(EffortOf(HeartRates(1, kStart + 7200, 1000), kStart + 7200), 0U);
  const auto raised = Advance(kStart + 20'000);
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised[0].transition.alert.fired, kStart + 3600 + 7201);
  EXPECT_EQ(EffortOf(HeartRates(1, kStart + 20'000, 1001), kStart + 20'000), 0U);
  EXPECT_EQ(Detected().size(), 1U);
}

// The time that `now` is compared with moves along with the series: the condition has held since a
// turn that today's data do not tell.
TEST_F(EffortTest, AnAbsenceBeginsWhereItBeganThen) {
  const std::vector<RuleDefinition> rules = {
      Define("SILENT", "now > vs.HR.time + hours(1) || vs.SPO2.value < 90.0")};
  const std::vector<Change> changes = {Put("HR", 1, kStart, 70),
                                       Put("SPO2", 2, kStart + 2 * 3600, 80),
                                       Put("HR", 3, kStart + 3 * 3600, 70)};
  Start(rules);
  for (const Change& change : changes) {
    Advance(change.time);
    Apply(change, change.time);
  }
  ASSERT_EQ(Detected().size(), 1U);
  EXPECT_EQ(Detected()[0].started, kStart + 3601);
  const std::vector<DetectedAlert> live = Detected();
  engine_->Load(subject_, changes, kStart + 3 * 3600);
  EXPECT_EQ(Detected(), live);
}

}  // namespace
}  // namespace vedette::rules
