// SPDX-License-Identifier: Apache-2.0
#include "contract/catalog.h"

#include <gtest/gtest.h>

#include <cmath>

namespace vedette::contract {
namespace {

namespace pb = trial::v1;

pb::Item MakeItem(std::string code, std::string domain, pb::ItemType type = pb::NUMBER) {
  pb::Item item;
  item.set_code(std::move(code));
  item.set_domain(std::move(domain));
  item.set_type(type);
  return item;
}

TEST(RuleNameTest, SeriesAreNamedByTheirDomain) {
  EXPECT_EQ(RuleName(MakeItem("ALT", "LB")), "lab.ALT");
  EXPECT_EQ(RuleName(MakeItem("SYSBP", "VS")), "vs.SYSBP");
  EXPECT_EQ(RuleName(MakeItem("PHQ0109", "QS")), "pro.PHQ0109");
  EXPECT_EQ(RuleName(MakeItem("HR", "WEAR")), "wear.HR");
  EXPECT_EQ(RuleName(MakeItem("X", "")), "item.X");
}

TEST(RuleNameTest, FieldsAndAttributesAreNamedByTheirCode) {
  pb::Item field = MakeItem("AESTDTC", "AE", pb::TIME);
  field.set_role(pb::FIELD);
  EXPECT_EQ(RuleName(field), "AESTDTC");
  pb::Item attribute = MakeItem("SEX", "DM", pb::TEXT);
  attribute.set_role(pb::ATTRIBUTE);
  EXPECT_EQ(RuleName(attribute), "sex");
  attribute.set_rule_name("gender");
  EXPECT_EQ(RuleName(attribute), "gender");
}

TEST(MakeCatalogTest, HoldsItemsByCodeAndTheDesign) {
  pb::Item field = MakeItem("AEDECOD", "AE", pb::TEXT);
  field.set_role(pb::FIELD);
  field.set_form("AE");
  pb::StudyDesign design;
  pb::Visit& late = *design.add_visits();
  late.set_code("W4");
  late.set_day(28);
  pb::Visit& early = *design.add_visits();
  early.set_code("W2");
  early.set_day(14);
  pb::Codelist& list = *design.add_codelists();
  list.set_name("SEX");
  list.add_terms("F");

  const auto catalog = MakeCatalog("S", 7, {MakeItem("ALT", "LB"), field}, design);

  EXPECT_EQ(catalog->study_id, "S");
  EXPECT_EQ(catalog->revision, 7);
  ASSERT_NE(catalog->FindSeries("lab.ALT"), nullptr);
  EXPECT_EQ(catalog->FindSeries("lab.ALT")->grading, "ALT");
  ASSERT_NE(catalog->FindField("AE", "AEDECOD"), nullptr);
  EXPECT_NE(catalog->FindForm("AE"), nullptr) << "a form that only items name";
  ASSERT_EQ(catalog->visits.size(), 2u);
  EXPECT_EQ(catalog->visits[0].code, "W2");
  EXPECT_EQ(catalog->codelists.at("SEX"), std::vector<std::string>{"F"});
  EXPECT_EQ(catalog->first_dose, "first_dose");
}

TEST(NumberOfTest, TimesAreSecondsAndBooleansAreBits) {
  using rules::ValueKind;
  EXPECT_EQ(NumberOf(ValueKind::kNumber, NumberValue{3.5}), 3.5);
  EXPECT_EQ(NumberOf(ValueKind::kTime, TextValue{"1970-01-02T00:00:01.900000Z"}), 86'401);
  EXPECT_EQ(NumberOf(ValueKind::kBoolean, TextValue{"Y"}), 1);
  EXPECT_EQ(NumberOf(ValueKind::kBoolean, TextValue{"N"}), 0);
  EXPECT_TRUE(std::isnan(NumberOf(ValueKind::kText, TextValue{"Y"})));
  EXPECT_TRUE(std::isnan(NumberOf(ValueKind::kNumber, AbsentValue{"NOT DONE"})));
  EXPECT_TRUE(std::isnan(NumberOf(ValueKind::kTime, TextValue{"2013-12"})));
}

TEST(FlagsOfTest, BoundsAndAbsenceAreMarked) {
  EXPECT_EQ(FlagsOf(NumberValue{1}), rules::Observation::kNone);
  EXPECT_EQ(FlagsOf(NumberValue{1, Comparator::kLess}), rules::Observation::kBelow);
  EXPECT_EQ(FlagsOf(NumberValue{1, Comparator::kGreater}), rules::Observation::kAbove);
  EXPECT_EQ(FlagsOf(AbsentValue{"NOT DONE"}), rules::Observation::kAbsent);
  EXPECT_EQ(FlagsOf(TextValue{"x"}), rules::Observation::kNone);
}

}  // namespace
}  // namespace vedette::contract
