// SPDX-License-Identifier: Apache-2.0
#include "model/dictionary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "model/number_text.h"

namespace vedette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

StudyDictionary Dictionary() {
  return StudyDictionary("S1", 1,
                         {{.code = "SYSBP",
                           .name = "Systolic Blood Pressure",
                           .unit = "mmHg",
                           .accepted_units = {{"kPa", 7.5, 0}},
                           .plausible_low = 30,
                           .plausible_high = 300},
                          {.code = "TEMP", .unit = "C", .accepted_units = {{"F", 0.5, -16}}},
                          {.code = "RATIO"},
                          {.code = "DROP", .unit = "x", .accepted_units = {{"y", -1, 0}}},
                          {.code = "NOTE", .type = ItemType::kText},
                          {.code = "AESTDTC", .type = ItemType::kTime},
                          {.code = "FEMALE", .type = ItemType::kBoolean}});
}

struct Outcome {
  bool ok;
  CheckedValue checked;
  std::vector<FieldViolation> violations;
};

Outcome Check(const GivenValue& given) {
  // Kept alive: a checked value points into its dictionary.
  static const StudyDictionary dictionary("S1", 1, Dictionary().items());
  Outcome outcome{};
  outcome.ok =
      dictionary.CheckObservation(given, "events[2]", &outcome.checked, &outcome.violations);
  EXPECT_EQ(outcome.ok, outcome.violations.empty());
  return outcome;
}

TEST(StudyDictionary, TakesANumberInTheItemsUnit) {
  const Outcome outcome = Check({.item = "SYSBP", .number = 152, .unit = "mmHg"});
  ASSERT_TRUE(outcome.ok);
  EXPECT_EQ(outcome.checked.value, (ObservedValue{NumberValue{152, Comparator::kNone}}));
  EXPECT_FALSE(outcome.checked.converted);
  EXPECT_EQ(outcome.checked.item->code, "SYSBP");
}

TEST(StudyDictionary, ConvertsAnAcceptedUnit) {
  const Outcome outcome = Check({.item = "SYSBP", .number = 20, .comparator = ">", .unit = "kPa"});
  ASSERT_TRUE(outcome.ok);
  EXPECT_EQ(outcome.checked.value, (ObservedValue{NumberValue{150, Comparator::kGreater}}));
  EXPECT_TRUE(outcome.checked.converted);
}

TEST(StudyDictionary, AFallingConversionTurnsTheComparator) {
  const Outcome outcome = Check({.item = "DROP", .number = 3, .comparator = "<", .unit = "y"});
  ASSERT_TRUE(outcome.ok);
  EXPECT_EQ(outcome.checked.value, (ObservedValue{NumberValue{-3, Comparator::kGreater}}));
}

TEST(StudyDictionary, TakesTextAndAbsence) {
  EXPECT_EQ(Check({.item = "NOTE", .text = "calm"}).checked.value,
            (ObservedValue{TextValue{"calm"}}));
  EXPECT_EQ(Check({.item = "SYSBP", .absent_reason = "NOT DONE"}).checked.value,
            (ObservedValue{AbsentValue{"NOT DONE"}}));
  EXPECT_TRUE(Check({.item = "RATIO", .number = 0.5}).ok);
}

TEST(StudyDictionary, SuggestsTheItemThatWasMeant) {
  const Outcome outcome = Check({.item = "SYSPB", .number = 152, .unit = "mmHg"});
  ASSERT_EQ(outcome.violations.size(), 1u);
  EXPECT_EQ(outcome.violations[0].field, "events[2].item");
  EXPECT_THAT(outcome.violations[0].description, HasSubstr("did you mean SYSBP?"));
}

TEST(StudyDictionary, SaysWhichUnitsAreTaken) {
  EXPECT_THAT(
      Check({.item = "SYSBP", .number = 152, .unit = "bar"}).violations,
      ElementsAre(FieldViolation{"events[2].unit", "is not a unit of SYSBP; it takes: mmHg, kPa"}));
  EXPECT_THAT(Check({.item = "SYSBP", .number = 152}).violations,
              ElementsAre(FieldViolation{"events[2].unit", "is missing; SYSBP takes: mmHg, kPa"}));
  EXPECT_THAT(
      Check({.item = "RATIO", .number = 1, .unit = "mmHg"}).violations,
      ElementsAre(FieldViolation{"events[2].unit", "is not a unit of RATIO; it takes: none"}));
}

TEST(StudyDictionary, RefusesTheImplausibleInTheCanonicalUnitWithoutRepeatingIt) {
  const Outcome outcome = Check({.item = "SYSBP", .number = 152.625, .unit = "kPa"});
  ASSERT_EQ(outcome.violations.size(), 1u);
  EXPECT_EQ(outcome.violations[0].description,
            "is outside the plausible range of SYSBP: from 30 to 300 mmHg");
  EXPECT_TRUE(Check({.item = "SYSBP", .number = 300, .unit = "mmHg"}).ok);
  EXPECT_FALSE(Check({.item = "SYSBP", .number = 300.001, .unit = "mmHg"}).ok);
}

TEST(StudyDictionary, RefusesWrongTypes) {
  EXPECT_EQ(Check({.item = "SYSBP", .text = "high"}).violations.at(0).field, "events[2].text");
  EXPECT_EQ(Check({.item = "NOTE", .number = 1}).violations.at(0).field, "events[2].number");
}

TEST(StudyDictionary, TakesTimesInTheirCanonicalForm) {
  const Outcome taken = Check({.item = "AESTDTC", .text = "2026-03-01 08:30"});
  ASSERT_TRUE(taken.ok);
  EXPECT_EQ(std::get<TextValue>(taken.checked.value).text, "2026-03-01T08:30");
  const Outcome partial = Check({.item = "AESTDTC", .text = "2026-03"});
  ASSERT_FALSE(partial.ok);
  EXPECT_THAT(partial.violations.at(0).description, HasSubstr("is a time"));
  EXPECT_FALSE(Check({.item = "AESTDTC", .number = 20260301}).ok);
}

TEST(StudyDictionary, TakesBooleansAsYesAndNo) {
  const Outcome taken = Check({.item = "FEMALE", .text = "true"});
  ASSERT_TRUE(taken.ok);
  EXPECT_EQ(std::get<TextValue>(taken.checked.value).text, "Y");
  EXPECT_EQ(std::get<TextValue>(Check({.item = "FEMALE", .text = "N"}).checked.value).text, "N");
  EXPECT_FALSE(Check({.item = "FEMALE", .text = "maybe"}).ok);
  EXPECT_FALSE(Check({.item = "FEMALE", .number = 1}).ok);
}

TEST(StudyDictionary, RefusesNoValueAndTwoValues) {
  EXPECT_EQ(Check({.item = "SYSBP", .unit = "mmHg"}).violations.at(0).field, "events[2].number");
  EXPECT_EQ(Check({.item = "SYSBP", .number = 1, .text = "1"}).violations.at(0).field,
            "events[2].text");
  EXPECT_EQ(Check({.item = "SYSBP", .number = 150, .absent_reason = "NOT DONE", .unit = "mmHg"})
                .violations.at(0)
                .field,
            "events[2].absentReason");
  EXPECT_EQ(Check({.item = "NOTE", .comparator = "<", .text = "x"}).violations.at(0).field,
            "events[2].comparator");
}

TEST(StudyDictionary, RefusesNumbersThatAreNone) {
  EXPECT_FALSE(Check({.item = "RATIO", .number = std::numeric_limits<double>::quiet_NaN()}).ok);
  EXPECT_FALSE(Check({.item = "RATIO", .number = std::numeric_limits<double>::infinity()}).ok);
  EXPECT_FALSE(Check({.item = "SYSBP", .number = 1e308, .unit = "kPa"}).ok);
}

TEST(StudyDictionary, NamesEveryReasonAtOnce) {
  EXPECT_EQ(Check({.item = "NOPE", .comparator = "~"}).violations.size(), 3u);
}

TEST(NumberText, IsShortestAndReadsBack) {
  EXPECT_EQ(NumberText(152), "152");
  EXPECT_EQ(NumberText(0.1), "0.1");
  EXPECT_EQ(NumberText(-3.42), "-3.42");
  EXPECT_EQ(NumberText(0), "0");
  EXPECT_EQ(NumberText(1e20), "100000000000000000000");
  EXPECT_EQ(NumberText(1e-9), "1e-09");
}

}  // namespace
}  // namespace vedette
