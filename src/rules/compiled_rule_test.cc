// SPDX-License-Identifier: Apache-2.0
#include "rules/compiled_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace vedette::rules {
namespace {

using ::testing::HasSubstr;

const StudyDictionary& Dictionary() {
  static const StudyDictionary dictionary(
      "S1", 1,
      {{.code = "SYSBP", .unit = "mmHg", .accepted_units = {{"kPa", 7.5, 0}}},
       {.code = "DROP", .unit = "x", .accepted_units = {{"y", -2, 0}}},
       {.code = "NOTE", .type = ItemType::kText}});
  return dictionary;
}

RuleSpec Spec() {
  return {.version_id = "v1",
          .study_id = "S1",
          .rule_id = "VS-SYSBP-HIGH",
          .name = "Systolic pressure above 140",
          .item = "SYSBP",
          .comparison = Comparison::kGreaterThan,
          .threshold = 140,
          .unit = "mmHg",
          .message = "{item} of {subject}: {value} {unit}, above 140"};
}

Event Of(ObservedValue value, std::string item = "SYSBP") {
  return {.subject_number = "01-701-1015", .item = std::move(item), .value = std::move(value)};
}

TEST(CompiledRule, FiresOnlyOnTruth) {
  const auto rule = *Compile(Spec(), Dictionary());
  EXPECT_EQ(rule->Evaluate(Of(NumberValue{141})), Verdict::kTrue);
  EXPECT_EQ(rule->Evaluate(Of(NumberValue{140})), Verdict::kFalse);
  EXPECT_EQ(rule->Evaluate(Of(AbsentValue{"NOT DONE"})), Verdict::kUnknown);
  EXPECT_EQ(rule->Evaluate(Of(TextValue{"200"})), Verdict::kUnknown);
}

TEST(CompiledRule, ConvertsTheThresholdOnce) {
  RuleSpec spec = Spec();
  spec.threshold = 20;
  spec.unit = "kPa";
  const auto rule = *Compile(spec, Dictionary());
  EXPECT_EQ(rule->spec().threshold, 150);
  EXPECT_EQ(rule->spec().unit, "mmHg");
  EXPECT_EQ(rule->Evaluate(Of(NumberValue{150.5})), Verdict::kTrue);
  EXPECT_EQ(rule->Evaluate(Of(NumberValue{149.5})), Verdict::kFalse);
}

TEST(CompiledRule, AFallingConversionTurnsTheComparison) {
  RuleSpec spec = Spec();
  spec.item = "DROP";
  spec.threshold = 3;  // y > 3 is x < -6
  spec.unit = "y";
  const auto rule = *Compile(spec, Dictionary());
  EXPECT_EQ(rule->Evaluate(Of(NumberValue{-7}, "DROP")), Verdict::kTrue);
  EXPECT_EQ(rule->Evaluate(Of(NumberValue{-5}, "DROP")), Verdict::kFalse);
}

TEST(CompiledRule, ExplainsItself) {
  const auto rule = *Compile(Spec(), Dictionary());
  const Event event = Of(NumberValue{152.5});
  const Explanation why = rule->Explain(event);
  EXPECT_EQ(why.expression, "SYSBP > 140 mmHg");
  EXPECT_EQ(why.value, 152.5);
  EXPECT_EQ(why.threshold, 140);
  EXPECT_EQ(why.unit, "mmHg");
  EXPECT_EQ(rule->Message(event), "SYSBP of 01-701-1015: 152.5 mmHg, above 140");
  EXPECT_EQ(rule->Message(Of(NumberValue{300, Comparator::kGreater})),
            "SYSBP of 01-701-1015: >300 mmHg, above 140");
}

TEST(CompiledRule, CompilesAgainFromItsCanonicalSpec) {
  RuleSpec spec = Spec();
  spec.threshold = 20;
  spec.unit = "kPa";
  const auto rule = *Compile(spec, Dictionary());
  const auto again = CompileCanonical(rule->spec());
  EXPECT_EQ(again->spec(), rule->spec());
  EXPECT_EQ(again->Evaluate(Of(NumberValue{151})), Verdict::kTrue);
}

TEST(Compile, TellsEverythingThatIsWrong) {
  RuleSpec spec = Spec();
  spec.item = "SYSPB";
  spec.threshold = std::nan("");
  spec.message = "{valeu} is high";
  const auto rule = Compile(spec, Dictionary());
  ASSERT_FALSE(rule);
  EXPECT_EQ(rule.error().code, Code::kInvalidArgument);
  ASSERT_EQ(rule.error().violations.size(), 3u);
  EXPECT_EQ(rule.error().violations[0].field, "condition.threshold");
  EXPECT_EQ(rule.error().violations[1].field, "condition.item");
  EXPECT_THAT(rule.error().violations[1].description, HasSubstr("did you mean SYSBP?"));
  EXPECT_EQ(rule.error().violations[2].field, "message");
  EXPECT_THAT(rule.error().violations[2].description, HasSubstr("did you mean {value}?"));
}

TEST(Compile, RefusesTextItemsForeignUnitsAndOpenBraces) {
  RuleSpec text = Spec();
  text.item = "NOTE";
  EXPECT_EQ(Compile(text, Dictionary()).error().violations.at(0).field, "condition.item");
  RuleSpec unit = Spec();
  unit.unit = "bar";
  EXPECT_THAT(Compile(unit, Dictionary()).error().violations.at(0).description,
              HasSubstr("it takes: mmHg, kPa"));
  RuleSpec open = Spec();
  open.message = "high {value";
  EXPECT_EQ(Compile(open, Dictionary()).error().violations.at(0).field, "message");
}

// The definition itself, by sampling: a bounded value stands for every value within its bound; the
// verdict is true or false when all of them agree and unknown otherwise.
Verdict BySampling(NumberValue value, Comparison comparison, double threshold) {
  bool any_true = false;
  bool any_false = false;
  for (double distance = 0.25; distance <= 20; distance += 0.25) {
    const double sample =
        value.comparator == Comparator::kLess ? value.number - distance : value.number + distance;
    (Compare({sample}, comparison, threshold) == Verdict::kTrue ? any_true : any_false) = true;
  }
  if (any_true && any_false) return Verdict::kUnknown;
  return any_true ? Verdict::kTrue : Verdict::kFalse;
}

TEST(Compare, OfABoundAgreesWithEveryValueItStandsFor) {
  for (const Comparator comparator : {Comparator::kLess, Comparator::kGreater}) {
    for (int comparison = 1; comparison <= 6; ++comparison) {
      for (double threshold = -4; threshold <= 4; threshold += 0.5) {
        const auto kind = static_cast<Comparison>(comparison);
        const NumberValue value{0.5, comparator};
        EXPECT_EQ(Compare(value, kind, threshold), BySampling(value, kind, threshold))
            << ComparatorText(comparator) << "0.5 " << ComparisonText(kind) << " " << threshold;
      }
    }
  }
}

TEST(Compare, BelowTheLimitOfQuantification) {
  const NumberValue below{3.42, Comparator::kLess};
  EXPECT_EQ(Compare(below, Comparison::kGreaterThan, 140), Verdict::kFalse);
  EXPECT_EQ(Compare(below, Comparison::kGreaterThan, 1), Verdict::kUnknown);
  EXPECT_EQ(Compare(below, Comparison::kLessThan, 3.42), Verdict::kTrue);
  EXPECT_EQ(Compare(below, Comparison::kEqual, 2), Verdict::kUnknown);
}

}  // namespace
}  // namespace vedette::rules
