// SPDX-License-Identifier: Apache-2.0
#include "rules/plan/condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "rules/check/test_catalog.h"
#include "rules/plan/opcode.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

using testing::ElementsAre;

Condition CompileText(std::string_view text, CheckerOptions options = {}) {
  const auto catalog = TestCatalog();
  options.catalog = catalog.get();
  options.expected = Type::Of(TypeKind::kBool);
  const auto ast = Parse(text);
  EXPECT_TRUE(ast.has_value()) << text;
  auto checked = Check(*ast, options);
  EXPECT_TRUE(checked.has_value()) << text << "\n" << Render(text, checked.error().front());
  auto condition = Condition::Compile(*std::move(checked), *catalog);
  EXPECT_TRUE(condition.has_value()) << text;
  EXPECT_TRUE(VerifyProgram(condition->scalar()).has_value()) << text;
  EXPECT_TRUE(VerifyProgram(condition->vector()).has_value()) << text;
  return *std::move(condition);
}

CheckerOptions RowsOf(std::string form) {
  CheckerOptions options;
  options.scope = EvaluationScope::kRow;
  options.each_form = std::move(form);
  return options;
}

CheckerOptions InScope(EvaluationScope scope) {
  CheckerOptions options;
  options.scope = scope;
  return options;
}

std::vector<FeatureKind> KindsOf(const Condition& condition) {
  std::vector<FeatureKind> kinds;
  for (const Feature& feature : condition.features()) kinds.push_back(feature.kind);
  return kinds;
}

std::uint32_t ItemNamed(std::string_view name) {
  return TestCatalog()->IndexOf(*TestCatalog()->FindSeries(name));
}

int CountOf(const Program& program, Opcode op) {
  return static_cast<int>(std::ranges::count(program.code, static_cast<std::uint8_t>(op),
                                             [](const Instruction& step) { return step.op; }));
}

Truth RunOn(const Condition& condition, const std::vector<Slot>& features) {
  std::vector<Slot> frame(condition.frame_size());
  condition.Prepare(frame.data());
  std::ranges::copy(features, frame.begin());
  return condition.Run(frame.data());
}

Slot Number(double value) { return {.number = value}; }
Slot Whole(std::int64_t value) { return {.integer = value}; }
Slot Is(Truth value) { return {.integer = static_cast<std::int64_t>(value)}; }

TEST(ConditionTest, ReadsEachFeatureOnce) {
  const Condition condition = CompileText(
      "lab.ALT.value > 3.0 * lab.ALT.uln || lab.ALT.value > 500.0 && lab.ALT.uln < 60.0");
  EXPECT_THAT(KindsOf(condition), ElementsAre(FeatureKind::kValue, FeatureKind::kUpperLimit));
  EXPECT_EQ(RunOn(condition, {Number(130), Number(40)}), Truth::kTrue);
  EXPECT_EQ(RunOn(condition, {Number(110), Number(40)}), Truth::kFalse);
  EXPECT_EQ(RunOn(condition, {Number(600), Number(NAN)}), Truth::kUnknown);
}

TEST(ConditionTest, WindowsOfOneItemDifferByLength) {
  const Condition condition = CompileText(
      "lab.CREAT.value >= lab.CREAT.window(hours(48)).min() + 26.5 || "
      "lab.CREAT.value >= 1.5 * lab.CREAT.window(days(7)).min()");
  ASSERT_THAT(KindsOf(condition),
              ElementsAre(FeatureKind::kMinimum, FeatureKind::kValue, FeatureKind::kMinimum));
  EXPECT_EQ(condition.features()[0].window, 48 * 3600);
  EXPECT_EQ(condition.features()[2].window, 7 * 86'400);
  EXPECT_EQ(condition.features()[2].item, ItemNamed("lab.CREAT"));
  EXPECT_EQ(RunOn(condition, {Number(60), Number(90), Number(70)}), Truth::kTrue);
  EXPECT_EQ(RunOn(condition, {Number(80), Number(90), Number(60)}), Truth::kTrue);
  EXPECT_EQ(RunOn(condition, {Number(80), Number(89), Number(60)}), Truth::kFalse);
  EXPECT_EQ(RunOn(condition, {Number(80), Number(89), Number(NAN)}), Truth::kUnknown);
}

TEST(ConditionTest, ChangeIsComputedFromValueAndBaseline) {
  const Condition condition =
      CompileText("eg.QTCF.value > 500.0 || eg.QTCF.change > 60.0 || eg.QTCF.pct_change > 20.0");
  EXPECT_THAT(KindsOf(condition), ElementsAre(FeatureKind::kValue, FeatureKind::kBaseline));
  EXPECT_EQ(RunOn(condition, {Number(481), Number(420)}), Truth::kTrue);
  EXPECT_EQ(RunOn(condition, {Number(480), Number(420)}), Truth::kFalse);
  EXPECT_EQ(RunOn(condition, {Number(121), Number(100)}), Truth::kTrue);
  EXPECT_EQ(RunOn(condition, {Number(30), Number(0)}), Truth::kUnknown);
  EXPECT_EQ(RunOn(condition, {Number(480), Number(NAN)}), Truth::kUnknown);
}

TEST(ConditionTest, GradesAreWholeNumbers) {
  const Condition condition = CompileText("lab.NEUT.grade_low - lab.NEUT.base_grade_low >= 2");
  EXPECT_THAT(KindsOf(condition),
              ElementsAre(FeatureKind::kGradeLow, FeatureKind::kBaselineGradeLow));
  EXPECT_EQ(RunOn(condition, {Whole(3), Whole(1)}), Truth::kTrue);
  EXPECT_EQ(RunOn(condition, {Whole(2), Whole(1)}), Truth::kFalse);
  EXPECT_EQ(RunOn(condition, {Whole(2), Whole(kMissing)}), Truth::kUnknown);
}

TEST(ConditionTest, UnitsOfTheRuleAreTheFeatures) {
  CheckerOptions options;
  options.units["lab.CREAT"] = "mg/dL";
  const Condition stated =
      CompileText("lab.CREAT.value > 2.0 && lab.CREAT.xuln > 1.5 && lab.CREAT.time < now", options);
  ASSERT_THAT(KindsOf(stated), ElementsAre(FeatureKind::kValue, FeatureKind::kRatioUpper,
                                           FeatureKind::kTime, FeatureKind::kNow));
  EXPECT_NEAR(stated.features()[0].factor, 1 / 88.42, 1e-5);
  EXPECT_EQ(stated.features()[1].factor, 1);  // ratios are the same in every unit
  EXPECT_EQ(stated.features()[2].factor, 1);

  const Condition written = CompileText("lab.CREAT.in(\"mg/dL\").value > 2.0");
  EXPECT_EQ(written.features()[0], stated.features()[0]);
  const Condition plain = CompileText("lab.CREAT.value > quantity(177.0, \"umol/L\")");
  EXPECT_EQ(plain.features()[0].factor, 1);
  EXPECT_EQ(plain.features()[0].offset, 0);
}

TEST(ConditionTest, PreviousObservations) {
  const Condition condition =
      CompileText("vs.WEIGHT.value - vs.WEIGHT.prev.value > 2.0 || vs.WEIGHT.prev(3).value > 9.0");
  ASSERT_THAT(KindsOf(condition),
              ElementsAre(FeatureKind::kValue, FeatureKind::kPrevious, FeatureKind::kPrevious));
  EXPECT_EQ(condition.features()[1].count, 1U);
  EXPECT_EQ(condition.features()[2].count, 3U);
}

TEST(ConditionTest, RatioToTheLowerLimitNeedsOneAboveZero) {
  const Condition condition = CompileText("lab.HGB.xlln < 0.8");
  ASSERT_THAT(KindsOf(condition), ElementsAre(FeatureKind::kLowerLimit, FeatureKind::kValue));
  EXPECT_EQ(RunOn(condition, {Number(12), Number(9)}), Truth::kTrue);
  EXPECT_EQ(RunOn(condition, {Number(12), Number(11)}), Truth::kFalse);
  EXPECT_EQ(RunOn(condition, {Number(0), Number(9)}), Truth::kUnknown);
  EXPECT_EQ(RunOn(condition, {Number(-1), Number(9)}), Truth::kUnknown);
  EXPECT_EQ(RunOn(condition, {Number(NAN), Number(9)}), Truth::kUnknown);
}

TEST(ConditionTest, TheTreeWalkerGetsTheLargestPartWithoutFeatures) {
  const Condition two = CompileText(
      "vs.SYSBP.value > 100.0 && vs.SYSBP.last(2).size() == 2 && "
      "vs.SYSBP.last(2).all(o, o.value >= 160.0)");
  ASSERT_THAT(KindsOf(two),
              ElementsAre(FeatureKind::kValue, FeatureKind::kExpression, FeatureKind::kExpression));
  EXPECT_EQ(two.features()[1].slot, SlotKind::kTruth);
  EXPECT_EQ(RunOn(two, {Number(170), Is(Truth::kTrue), Is(Truth::kTrue)}), Truth::kTrue);
  EXPECT_EQ(RunOn(two, {Number(170), Is(Truth::kFalse), Is(Truth::kUnknown)}), Truth::kFalse);

  const Condition whole =
      CompileText("vs.SYSBP.last(2).size() == 2 && vs.SYSBP.last(2).all(o, o.value >= 160.0)");
  ASSERT_THAT(KindsOf(whole), ElementsAre(FeatureKind::kExpression));
  EXPECT_EQ(whole.features()[0].expr, &whole.expr());
}

TEST(ConditionTest, TextsAreLeftToTheTreeWalker) {
  const Condition condition = CompileText(
      "!visit.W4.done && now > visit.W4.window_end + days(3) && subject.status == \"ACTIVE\"");
  ASSERT_THAT(KindsOf(condition), ElementsAre(FeatureKind::kVisitDone, FeatureKind::kVisitWindowEnd,
                                              FeatureKind::kNow, FeatureKind::kExpression));
  EXPECT_EQ(TestCatalog()->visits[condition.features()[0].count].code, "W4");
  const Slot no = Is(Truth::kFalse);
  const Slot yes = Is(Truth::kTrue);
  EXPECT_EQ(RunOn(condition, {no, Whole(1000), Whole(1000 + 3 * 86'400), yes}), Truth::kFalse);
  EXPECT_EQ(RunOn(condition, {no, Whole(1000), Whole(1001 + 3 * 86'400), yes}), Truth::kTrue);
  EXPECT_EQ(RunOn(condition, {no, Whole(kMissing), Whole(1), yes}), Truth::kUnknown);
  EXPECT_EQ(RunOn(condition, {yes, Whole(kMissing), Whole(1), yes}), Truth::kFalse);
}

TEST(ConditionTest, RowsOfAForm) {
  const Condition condition = CompileText(
      "row.AESER == \"Y\" && (has(row.REPORTED) ? row.REPORTED : now) - row.AWAREDTM > hours(24)",
      RowsOf("AE"));
  ASSERT_THAT(KindsOf(condition),
              ElementsAre(FeatureKind::kExpression, FeatureKind::kRowHas, FeatureKind::kRowField,
                          FeatureKind::kNow, FeatureKind::kRowField));
  const Slot yes = Is(Truth::kTrue);
  const Slot no = Is(Truth::kFalse);
  const auto run = [&](Slot has, std::int64_t reported, std::int64_t now) {
    return RunOn(condition, {yes, has, Whole(reported), Whole(now), Whole(0)});
  };
  EXPECT_EQ(run(yes, 86'401, 0), Truth::kTrue);
  EXPECT_EQ(run(yes, 86'400, 90'000), Truth::kFalse);
  EXPECT_EQ(run(no, kMissing, 90'000), Truth::kTrue);
  EXPECT_EQ(run(no, kMissing, 10), Truth::kFalse);
}

TEST(ConditionTest, FieldsOfOtherFormsAndAttributes) {
  const Condition condition = CompileText(
      "row.AESTDT < form.IC.CONSENTDT || subject.age < 18.0 || subject.childbearing", RowsOf("AE"));
  ASSERT_THAT(KindsOf(condition), ElementsAre(FeatureKind::kRowField, FeatureKind::kFormField,
                                              FeatureKind::kAttribute, FeatureKind::kAttribute));
  EXPECT_EQ(condition.features()[1].slot, SlotKind::kTime);
  EXPECT_EQ(condition.features()[2].slot, SlotKind::kNumber);
  EXPECT_EQ(condition.features()[3].slot, SlotKind::kTruth);
}

TEST(ConditionTest, TheVisitOfARuleForEachVisit) {
  const Condition condition =
      CompileText("!visit.done && now > visit.window_end", InScope(EvaluationScope::kVisit));
  ASSERT_EQ(condition.features().size(), 3U);
  EXPECT_EQ(condition.features()[0].count, kAnchorVisit);
}

TEST(ConditionTest, KrisOfASite) {
  const Condition condition =
      CompileText("kri(\"SAE_RATE\").z <= -2.0 && kri(\"SAE_RATE\").denominator >= 30.0",
                  InScope(EvaluationScope::kSite));
  ASSERT_THAT(KindsOf(condition),
              ElementsAre(FeatureKind::kKriScore, FeatureKind::kKriDenominator));
  EXPECT_EQ(TestCatalog()->kris[condition.features()[0].count].id, "SAE_RATE");
}

TEST(ConditionTest, CountsOfTrueConditionsMayStayOpen) {
  const Condition condition = CompileText(
      "[lab.URATE.asof(hours(24)) >= 476.0, lab.K.asof(hours(24)) >= 6.0, "
      "lab.PHOS.asof(hours(24)) >= 1.45, lab.CA.asof(hours(24)) <= 1.75].count_true() >= 2");
  ASSERT_EQ(condition.features().size(), 4U);
  EXPECT_EQ(condition.features()[0].kind, FeatureKind::kAsOf);
  const auto run = [&](double urate, double k, double phos, double ca) {
    return RunOn(condition, {Number(urate), Number(k), Number(phos), Number(ca)});
  };
  EXPECT_EQ(run(500, 6.5, 1, 2), Truth::kTrue);
  EXPECT_EQ(run(500, 6.5, NAN, NAN), Truth::kTrue);
  EXPECT_EQ(run(500, 5, NAN, 2), Truth::kUnknown);
  EXPECT_EQ(run(400, 5, NAN, 2), Truth::kFalse);
  EXPECT_EQ(run(400, 5, NAN, NAN), Truth::kUnknown);
}

TEST(ConditionTest, ScoresAreCalledByTheMachines) {
  const Condition condition = CompileText("qtcf(eg.QT.value, eg.RR.value) > 500.0");
  ASSERT_THAT(KindsOf(condition), ElementsAre(FeatureKind::kValue, FeatureKind::kValue));
  EXPECT_EQ(RunOn(condition, {Number(460), Number(600)}), Truth::kTrue);
  EXPECT_EQ(RunOn(condition, {Number(420), Number(800)}), Truth::kFalse);
  EXPECT_EQ(RunOn(condition, {Number(420), Number(NAN)}), Truth::kUnknown);
}

TEST(ConditionTest, WholeNumbersStandAmongOthers) {
  const Condition condition =
      CompileText("lab.ALT.value >= 3 * lab.ALT.uln && lab.ALT.window(days(7)).count() > 1.5");
  ASSERT_EQ(condition.features().size(), 3U);
  EXPECT_EQ(RunOn(condition, {Number(120), Number(40), Whole(2)}), Truth::kTrue);
  EXPECT_EQ(RunOn(condition, {Number(119), Number(40), Whole(2)}), Truth::kFalse);
  EXPECT_EQ(RunOn(condition, {Number(120), Number(40), Whole(1)}), Truth::kFalse);
}

// A chain of choices between constants is compared constant by constant.
TEST(ConditionTest, GradesByHandBecomeTruths) {
  const Condition condition = CompileText(
      "(lab.ALT.xuln > 20.0 ? 4 : lab.ALT.xuln > 5.0 ? 3 : lab.ALT.xuln > 3.0 ? 2 : 0) >= 3");
  EXPECT_EQ(std::ranges::count(condition.vector().kinds, RegisterKind::kInteger), 0);
  EXPECT_EQ(RunOn(condition, {Number(21)}), Truth::kTrue);
  EXPECT_EQ(RunOn(condition, {Number(5.5)}), Truth::kTrue);
  EXPECT_EQ(RunOn(condition, {Number(5)}), Truth::kFalse);
  EXPECT_EQ(RunOn(condition, {Number(NAN)}), Truth::kUnknown);
}

// Grades 2, 1 and 0 are the same answer where the value is known.
TEST(ConditionTest, GradesTheQuestionIsNotAboutAreNotComputed) {
  const Condition condition = CompileText(
      "(lab.ALT.xuln > 20.0 ? 4 : lab.ALT.xuln > 5.0 ? 3 : lab.ALT.xuln > 3.0 ? 2 : 0) >= 3");
  EXPECT_EQ(CountOf(condition.vector(), Opcode::kLessNumber), 2);
  EXPECT_EQ(RunOn(condition, {Number(4)}), Truth::kFalse);
  EXPECT_EQ(RunOn(condition, {Number(6)}), Truth::kTrue);
  EXPECT_EQ(RunOn(condition, {Number(NAN)}), Truth::kUnknown);

  // Another value may be missing where this one is not: then the result is open.
  const Condition two = CompileText("(lab.ALT.xuln > 5.0 ? 3 : lab.AST.xuln > 5.0 ? 2 : 0) >= 3");
  EXPECT_EQ(CountOf(two.vector(), Opcode::kLessNumber), 2);
  EXPECT_EQ(RunOn(two, {Number(4), Number(NAN)}), Truth::kUnknown);
  EXPECT_EQ(RunOn(two, {Number(6), Number(NAN)}), Truth::kTrue);

  const Condition opposite = CompileText("(lab.ALT.xuln > 5.0 ? 1 : 2) == 2");
  EXPECT_EQ(RunOn(opposite, {Number(4)}), Truth::kTrue);
  EXPECT_EQ(RunOn(opposite, {Number(6)}), Truth::kFalse);
  EXPECT_EQ(RunOn(opposite, {Number(NAN)}), Truth::kUnknown);

  // Zero times an infinite value is unknown, so these two are not known together.
  const Condition zero = CompileText(
      "(lab.ALT.value > 2.0 * lab.ALT.uln ? 3 : lab.ALT.value > 0.0 * lab.ALT.uln ? 2 "
      ": 0) >= 3");
  EXPECT_EQ(RunOn(zero, {Number(4), Number(INFINITY)}), Truth::kUnknown);
}

TEST(ConditionTest, LiteralsAlone) {
  EXPECT_EQ(RunOn(CompileText("true"), {}), Truth::kTrue);
  EXPECT_EQ(RunOn(CompileText("days(7) == weeks(1) && 7.0 / 2.0 > 3.0"), {}), Truth::kTrue);
  EXPECT_EQ(RunOn(CompileText("1.0 / 0.0 > 0.0"), {}), Truth::kUnknown);
  EXPECT_EQ(RunOn(CompileText("9223372036854775807 + 1 > 0"), {}), Truth::kUnknown);
  const Condition time = CompileText("lab.ALT.time > timestamp(\"2026-01-31T00:00:00Z\")");
  EXPECT_THAT(KindsOf(time), ElementsAre(FeatureKind::kTime));
  EXPECT_EQ(RunOn(time, {Whole(1'769'817'601)}), Truth::kTrue);
  EXPECT_EQ(RunOn(time, {Whole(1'769'817'600)}), Truth::kFalse);
}

TEST(ConditionTest, AllRowsOfABatchAtOnce) {
  const Condition condition = CompileText("vs.SYSBP.value > 180.0 || vs.DIABP.value > 110.0");
  std::vector<Slot> systolic;
  for (int i = 0; i < 300; ++i) systolic.push_back(Number(i));
  const Slot diastolic = Number(NAN);
  std::uint64_t is_true[5];
  std::uint64_t is_false[5];
  const std::vector<SlotColumn> columns = {{systolic.data()}, {&diastolic, true}};
  condition.RunColumns(columns, systolic.size(), is_true, is_false);
  for (std::size_t row = 0; row < systolic.size(); ++row) {
    EXPECT_EQ(is_true[row / 64] >> (row % 64) & 1, row > 180 ? 1U : 0U);
    EXPECT_EQ(is_false[row / 64] >> (row % 64) & 1, 0U);
  }
}

TEST(ConditionTest, TooManyValuesAreRefusedInPlainWords) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += i == 0 ? "(" : i % 60 == 0 ? ") || (" : " || ";
    text += "lab.ALT.window(hours(" + std::to_string(i + 1) + ")).max() > 1.0";
  }
  const auto catalog = TestCatalog();
  CheckerOptions options;
  options.catalog = catalog.get();
  options.cost_limit = 1'000'000'000;
  const auto ast = Parse(text + ")");
  ASSERT_TRUE(ast.has_value());
  auto checked = Check(*ast, options);
  ASSERT_TRUE(checked.has_value());
  const auto condition = Condition::Compile(*std::move(checked), *catalog);
  ASSERT_FALSE(condition.has_value());
  EXPECT_EQ(condition.error().front().code, "rule_too_large");
}

}  // namespace
}  // namespace vedette::rules
