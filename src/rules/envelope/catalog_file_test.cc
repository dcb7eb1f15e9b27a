// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/catalog_file.h"

#include <gtest/gtest.h>

namespace vedette::rules {
namespace {

TEST(CatalogFileTest, ReadsWhatRulesMayName) {
  const auto catalog = ParseCatalog(R"yaml(
study: DEMO
series:
  lab.ALT: {label: Alanine aminotransferase, unit: U/L, grading: ALT}
  pro.DIARY: {expected_every: 1d}
  eg.HR: {code: EGHR, unit: beats/min}
attributes:
  sex: {kind: text, codelist: SEX}
  arm: {kind: text, unblinding: true}
forms:
  AE: {label: Adverse events, fields: {AESTDT: {kind: time}, AESER: {kind: text, codelist: NY}}}
visits:
  W4: {label: Week 4, day: 29, before: 3, after: 3}
  BL: {day: 1}
codelists:
  NY: [N, Y]
  SEX: [F, M]
kris:
  AE_RATE: {label: Adverse events, numerator: AE, minimum: 10}
settings: {grading: ctcae4}
)yaml");
  ASSERT_TRUE(catalog.has_value()) << catalog.error()[0].message;
  EXPECT_EQ((*catalog)->study_id, "DEMO");
  EXPECT_EQ((*catalog)->FindSeries("lab.ALT")->unit, "U/L");
  EXPECT_EQ((*catalog)->FindSeries("pro.DIARY")->expected_every, 86'400);
  EXPECT_EQ((*catalog)->FindByCode("EGHR")->name, "eg.HR");
  EXPECT_TRUE((*catalog)->FindAttribute("arm")->unblinding);
  EXPECT_EQ((*catalog)->FindField("AE", "AESER")->codelist, "NY");
  EXPECT_EQ((*catalog)->visits[0].code, "BL");
  EXPECT_EQ((*catalog)->FindVisit("W4")->window_after, 3);
  EXPECT_NE((*catalog)->FindByCode("SV_W4"), nullptr);
  EXPECT_EQ((*catalog)->FindKri("AE_RATE")->minimum_denominator, 10);
  EXPECT_EQ((*catalog)->grading_version, "ctcae4");
}

TEST(CatalogFileTest, TellsMistakes) {
  const auto code = [](std::string_view yaml) {
    const auto catalog = ParseCatalog(yaml);
    return catalog ? std::string() : catalog.error()[0].code;
  };
  EXPECT_EQ(code("serie: {}"), "unknown_key");
  EXPECT_EQ(code("series: {ALT: {}}"), "bad_name");
  EXPECT_EQ(code("series: {lab.A: {kind: numbr}}"), "bad_choice");
  EXPECT_EQ(code("series: {lab.A: {codelist: X}}"), "unknown_codelist");
  EXPECT_EQ(code("series: {lab.A: {}, vs.A: {}}"), "duplicate_code");
  EXPECT_EQ(code("visits: {W4: {label: x}}"), "missing_key");
  EXPECT_EQ(code("visits: {W4: {day: 0}}"), "bad_day");
  EXPECT_EQ(code("- x"), "wrong_type");
}

}  // namespace
}  // namespace vedette::rules
