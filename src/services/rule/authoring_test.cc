// SPDX-License-Identifier: Apache-2.0
#include "services/rule/authoring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "rules/envelope/envelope.h"

namespace vedette::rule {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::shared_ptr<const rules::Catalog> MakeCatalog() {
  auto catalog = std::make_shared<rules::Catalog>();
  catalog->study_id = "S1";
  catalog->items = {
      {.code = "CREAT", .name = "lab.CREAT", .label = "Creatinine", .unit = "umol/L"},
      {.code = "NOTE", .name = "vs.NOTE", .kind = rules::ValueKind::kText},
      {.code = "SYSBP", .name = "vs.SYSBP", .label = "Systolic Blood Pressure", .unit = "mmHg"}};
  catalog->Finish();
  return catalog;
}

Threshold HighPressure() {
  return {.rule_id = "VS-SYSBP-HIGH",
          .name = "Systolic pressure above 140",
          .item = "SYSBP",
          .comparison = rules::Comparison::kGreaterThan,
          .value = 140,
          .unit = "mmHg",
          .message = "{item} {value} {unit} of {subject} is above 140 mmHg"};
}

std::string FieldAtFault(const Result<rules::RuleDefinition>& result) {
  return result ? "" : result.error().violations.at(0).field;
}

TEST(FromThreshold, SaysTheSameAsAnEnvelopeWithTests) {
  const auto catalog = MakeCatalog();
  const auto definition = FromThreshold(HighPressure(), *catalog);
  ASSERT_TRUE(definition) << definition.error().message;
  EXPECT_EQ(definition->when, "vs.SYSBP.value > 140.0");
  EXPECT_EQ(definition->dedupe, rules::Dedupe::kAnchor);
  EXPECT_EQ(definition->explain,
            "Systolic Blood Pressure {vs.SYSBP.value} mmHg of {subject.id} is above 140 mmHg");
  const auto checked = CheckOneRule(rules::CanonicalText(*definition), "VS-SYSBP-HIGH", catalog);
  ASSERT_TRUE(checked) << checked.error().violations.at(0).description;
  ASSERT_THAT(checked->tests, SizeIs(2));
  for (const auto& test : checked->tests) EXPECT_TRUE(test.passed) << test.name << test.message;
}

TEST(FromThreshold, EveryComparisonPassesItsOwnTests) {
  const auto catalog = MakeCatalog();
  for (int i = 1; i <= 6; ++i) {
    Threshold threshold = HighPressure();
    threshold.comparison = static_cast<rules::Comparison>(i);
    const auto definition = FromThreshold(threshold, *catalog);
    ASSERT_TRUE(definition);
    const auto checked = CheckOneRule(rules::CanonicalText(*definition), "", catalog);
    ASSERT_TRUE(checked) << checked.error().violations.at(0).description;
    for (const auto& test : checked->tests) {
      EXPECT_TRUE(test.passed) << definition->when << " " << test.name << ": " << test.message;
    }
  }
}

TEST(FromThreshold, KeepsTheUnitItWasWrittenIn) {
  const auto catalog = MakeCatalog();
  Threshold threshold = HighPressure();
  threshold.item = "CREAT";
  threshold.value = 2;
  threshold.unit = "mg/dL";
  const auto definition = FromThreshold(threshold, *catalog);
  ASSERT_TRUE(definition);
  EXPECT_EQ(definition->units.at("lab.CREAT"), "mg/dL");
  const auto checked = CheckOneRule(rules::CanonicalText(*definition), "", catalog);
  ASSERT_TRUE(checked) << checked.error().violations.at(0).description;
  ASSERT_THAT(checked->tests, SizeIs(1));
  EXPECT_TRUE(checked->tests[0].passed) << checked->tests[0].message;
}

TEST(FromThreshold, NamesTheFieldOfEachMistake) {
  const auto catalog = MakeCatalog();
  Threshold threshold = HighPressure();
  threshold.item = "SYSPB";
  const auto unknown = FromThreshold(threshold, *catalog);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().violations.at(0).field, "condition.item");
  EXPECT_THAT(unknown.error().violations.at(0).description, HasSubstr("did you mean SYSBP?"));
  threshold.item = "NOTE";
  EXPECT_EQ(FieldAtFault(FromThreshold(threshold, *catalog)), "condition.item");
  threshold = HighPressure();
  threshold.unit = "kg";
  EXPECT_EQ(FieldAtFault(FromThreshold(threshold, *catalog)), "condition.unit");
  threshold = HighPressure();
  threshold.message = "{valeu} is high";
  EXPECT_EQ(FieldAtFault(FromThreshold(threshold, *catalog)), "message");
  threshold.message = "{value";
  EXPECT_EQ(FieldAtFault(FromThreshold(threshold, *catalog)), "message");
  threshold = HighPressure();
  threshold.value = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(FieldAtFault(FromThreshold(threshold, *catalog)), "condition.threshold");
}

TEST(CheckEnvelope, PlacesMistakesInTheirText) {
  const auto check = CheckEnvelope(
      "rule: A\ntitle: t\nseverity: warning\nwhen: vs.SYSPB.value > 1.0\n", MakeCatalog());
  EXPECT_FALSE(check.ok());
  ASSERT_THAT(check.diagnostics, SizeIs(1));
  EXPECT_EQ(check.diagnostics[0].diagnostic.code, "unknown_item");
  EXPECT_EQ(check.diagnostics[0].rule_id, "A");
  EXPECT_THAT(check.diagnostics[0].rendered, HasSubstr("vs.SYSBP"));
}

TEST(CheckOneRule, WantsOneRuleOfThatName) {
  const std::string one = "rule: A\ntitle: t\nseverity: warning\nwhen: vs.SYSBP.value > 1.0\n";
  EXPECT_TRUE(CheckOneRule(one, "A", MakeCatalog()));
  const auto other = CheckOneRule(one, "B", MakeCatalog());
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().violations.at(0).field, "envelope");
  const auto garbage = CheckOneRule("a: [", "A", MakeCatalog());
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().code, Code::kInvalidArgument);
}

TEST(Describe, SaysWhatTheRuleReadsAndMeans) {
  const auto catalog = MakeCatalog();
  const auto checked = CheckOneRule(
      "rule: A\ntitle: High\nseverity: critical\nwhen: vs.SYSBP.value > 180.0\n", "A", catalog);
  ASSERT_TRUE(checked);
  const RuleVersion version = Describe(*checked, *catalog);
  EXPECT_THAT(version.items, ElementsAre("SYSBP"));
  EXPECT_EQ(version.severity, rules::Severity::kCritical);
  EXPECT_EQ(version.scope, "subject");
  EXPECT_EQ(version.tests, 0);
  EXPECT_FALSE(version.tests_passed) << "no test is no passed test";
  EXPECT_THAT(version.plain_words, HasSubstr("180"));
  EXPECT_THAT(version.plain_words_zh, HasSubstr("180"));
  EXPECT_EQ(version.content_hash.size(), 64u);
}

}  // namespace
}  // namespace vedette::rule
