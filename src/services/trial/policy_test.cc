// SPDX-License-Identifier: Apache-2.0
#include "services/trial/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace vedette::trial {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Item SystolicPressure() {
  return {.code = "SYSBP",
          .name = "Systolic Blood Pressure",
          .domain = "VS",
          .type = ItemType::kNumber,
          .unit = "mmHg",
          .accepted_units = {{"kPa", 7.50062, 0}},
          .plausible_low = 40,
          .plausible_high = 300};
}

Item Comment() {
  return {.code = "NOTE", .name = "Comment", .domain = "", .type = ItemType::kText, .unit = ""};
}

std::vector<std::string> FieldsAtFault(const Status& status) {
  std::vector<std::string> fields;
  if (status) return fields;
  for (const FieldViolation& violation : status.error().violations) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(CheckItems, TakesANumberWithUnitsAndRangeAndAText) {
  EXPECT_TRUE(CheckItems({SystolicPressure(), Comment()}));
}

TEST(CheckItems, TakesARangeOfOneValueAndOneWithASingleEnd) {
  Item exact = SystolicPressure();
  exact.plausible_low = exact.plausible_high = 100;
  EXPECT_TRUE(CheckItems({exact}));
  exact.plausible_high.reset();
  EXPECT_TRUE(CheckItems({exact}));
}

TEST(CheckItems, RefusesUnitAndRangeOfAText) {
  Item text = SystolicPressure();
  text.type = ItemType::kText;
  EXPECT_THAT(FieldsAtFault(CheckItems({text})),
              ElementsAre("items[0].unit", "items[0].acceptedUnits", "items[0].plausibleLow",
                          "items[0].plausibleHigh"));
}

TEST(CheckItems, RefusesARangeUpsideDown) {
  Item item = SystolicPressure();
  item.plausible_low = 301;
  EXPECT_THAT(FieldsAtFault(CheckItems({Comment(), item})), ElementsAre("items[1].plausibleLow"));
}

TEST(CheckItems, RefusesInfiniteEnds) {
  Item item = SystolicPressure();
  item.plausible_low = -kInfinity;
  item.plausible_high = kInfinity;
  EXPECT_THAT(FieldsAtFault(CheckItems({item})),
              ElementsAre("items[0].plausibleLow", "items[0].plausibleHigh"));
}

TEST(CheckItems, RefusesConversionsThatLoseTheValue) {
  Item item = SystolicPressure();
  item.accepted_units = {{"a", 0, 0}, {"b", kInfinity, 0}, {"c", 1, kInfinity}, {"d", -1, 0}};
  EXPECT_THAT(FieldsAtFault(CheckItems({item})),
              ElementsAre("items[0].acceptedUnits[0].factor", "items[0].acceptedUnits[1].factor",
                          "items[0].acceptedUnits[2].offset"));
}

TEST(CheckItems, RefusesAUnitThatIsTakenAlready) {
  Item item = SystolicPressure();
  item.accepted_units = {{"kPa", 7.5, 0}, {"mmHg", 1, 0}, {"kPa", 7, 0}};
  EXPECT_THAT(FieldsAtFault(CheckItems({item})),
              ElementsAre("items[0].acceptedUnits[1].unit", "items[0].acceptedUnits[2].unit"));
}

TEST(CheckItems, RefusesConversionsToNoUnit) {
  Item item = SystolicPressure();
  item.unit.clear();
  EXPECT_THAT(FieldsAtFault(CheckItems({item})), ElementsAre("items[0].acceptedUnits"));
}

TEST(CheckItems, RefusesACodeThatComesTwice) {
  EXPECT_THAT(FieldsAtFault(CheckItems({Comment(), Comment()})), ElementsAre("items[1].code"));
}

TEST(CheckSites, RefusesAnIdThatComesTwice) {
  EXPECT_TRUE(CheckSites({{"701", "", ""}, {"702", "", ""}}));
  EXPECT_THAT(FieldsAtFault(CheckSites({{"701", "", ""}, {"701", "other", ""}})),
              ElementsAre("sites[1].id"));
}

TEST(PlanSites, WritesWhatIsNewOrDifferent) {
  const Site same{"701", "One", "US"};
  const auto changes =
      PlanSites({same, {"702", "Two", "US"}}, {same, {"702", "Renamed", "US"}, {"703", "", ""}});
  EXPECT_THAT(changes.added, ElementsAre(Site{"703", "", ""}));
  EXPECT_THAT(changes.changed, ElementsAre(Site{"702", "Renamed", "US"}));
}

TEST(PlanItems, WritesWhatIsNewOrDifferent) {
  Item renamed = SystolicPressure();
  renamed.name = "Systolic";
  const auto changes = PlanItems({SystolicPressure()}, {renamed, Comment()});
  ASSERT_TRUE(changes);
  EXPECT_THAT(changes->added, ElementsAre(Comment()));
  EXPECT_THAT(changes->changed, ElementsAre(renamed));
}

TEST(PlanItems, TheOrderOfAcceptedUnitsIsNoDifference) {
  Item present = SystolicPressure();
  present.accepted_units = {{"cmHg", 10, 0}, {"kPa", 7.50062, 0}};
  Item wanted = present;
  std::swap(wanted.accepted_units[0], wanted.accepted_units[1]);
  const auto changes = PlanItems({present}, {wanted});
  ASSERT_TRUE(changes);
  EXPECT_TRUE(changes->empty());
}

TEST(PlanItems, AnItemKeepsItsUnit) {
  Item wanted = SystolicPressure();
  wanted.unit = "kPa";
  const auto changes = PlanItems({SystolicPressure()}, {Comment(), wanted});
  ASSERT_FALSE(changes);
  EXPECT_EQ(changes.error().code, Code::kFailedPrecondition);
  EXPECT_THAT(changes.error().message,
              HasSubstr("\"SYSBP\" is a number in mmHg and cannot become a number in kPa"));
  ASSERT_EQ(changes.error().violations.size(), 1u);
  EXPECT_EQ(changes.error().violations[0].field, "items[1].unit");
}

TEST(PlanItems, AnItemKeepsItsType) {
  Item wanted = Comment();
  wanted.type = ItemType::kNumber;
  const auto changes = PlanItems({Comment()}, {wanted});
  ASSERT_FALSE(changes);
  EXPECT_EQ(changes.error().code, Code::kFailedPrecondition);
  EXPECT_THAT(changes.error().message, HasSubstr("text and cannot become a number without unit"));
  EXPECT_EQ(changes.error().violations[0].field, "items[0].type");
}

TEST(CheckItemsTest, FieldsAndOnlyFieldsNameAForm) {
  Item field{.code = "AESTDTC", .type = ItemType::kTime, .role = ItemRole::kField};
  EXPECT_THAT(FieldsAtFault(CheckItems({field})), ElementsAre("items[0].form"));
  field.form = "AE";
  EXPECT_TRUE(CheckItems({field}));
  field.role = ItemRole::kSeries;
  EXPECT_THAT(FieldsAtFault(CheckItems({field})), ElementsAre("items[0].form"));
}

TEST(CheckDesignTest, NamesEveryMistake) {
  const std::vector<Item> items{{.code = "SV_W2"},
                                {.code = "AETERM", .role = ItemRole::kField, .form = "AE"}};
  const Design good{.visits = {{"W2", "", 14, 3, 3, "SV_W2"}},
                    .indicators = {{.id = "AE_RATE", .numerator_form = "AE"}}};
  EXPECT_TRUE(CheckDesign(good, items));
  Design bad = good;
  bad.visits.push_back({"W2", "", 0, 0, 0, "NOPE"});
  bad.indicators.push_back({.id = "X", .numerator_form = "CM"});
  EXPECT_THAT(FieldsAtFault(CheckDesign(bad, items)),
              ElementsAre("design.visits[1]", "design.visits[1].day", "design.visits[1].item",
                          "design.indicators[1].numeratorForm"));
}

}  // namespace
}  // namespace vedette::trial
