// SPDX-License-Identifier: Apache-2.0
#include "rules/scores/grading.h"

#include <gtest/gtest.h>

#include <limits>
#include <string_view>

#include "rules/scores/significant_digits.h"

namespace vedette::rules {
namespace {

using enum GradeDirection;

int GradeOf(std::string_view version,
            GradeDirection direction,
            std::string_view analyte,
            std::string_view unit,
            const GradeInput& input) {
  const GradeCriteria* criteria = FindGradeCriteria(version, direction, analyte, unit);
  return criteria == nullptr ? -1 : Grade(*criteria, input);
}

// CTCAE 5.0, thresholds of the laboratory terms in SI units: each limit and the step beyond it.
TEST(Grade, AtTheLimitsOfCtcae5) {
  const auto high = [](std::string_view analyte, std::string_view unit, double value, double uln) {
    return GradeOf("ctcae5", kHigh, analyte, unit, {.value = value, .upper_limit = uln});
  };
  EXPECT_EQ(high("ALT", "U/L", 40, 40), 0);
  EXPECT_EQ(high("ALT", "U/L", 41, 40), 1);
  EXPECT_EQ(high("ALT", "U/L", 120, 40), 1);
  EXPECT_EQ(high("ALT", "U/L", 121, 40), 2);
  EXPECT_EQ(high("ALT", "U/L", 201, 40), 3);
  EXPECT_EQ(high("ALT", "U/L", 801, 40), 4);
  EXPECT_EQ(high("K", "mmol/L", 5.5, 5.0), 1);
  EXPECT_EQ(high("K", "mEq/L", 5.6, 5.0), 2);
  EXPECT_EQ(high("K", "mmol/L", 7.1, 5.0), 4);
  EXPECT_EQ(high("CK", "IU/L", 2001, 200), 4);
  const auto low = [](std::string_view analyte, std::string_view unit, double value, double lln) {
    return GradeOf("ctcae5", kLow, analyte, unit, {.value = value, .lower_limit = lln});
  };
  EXPECT_EQ(low("HGB", "g/L", 120, 120), 0);
  EXPECT_EQ(low("HGB", "g/L", 100, 120), 1);
  EXPECT_EQ(low("HGB", "g/L", 99, 120), 2);
  EXPECT_EQ(low("HGB", "g/L", 79.9, 120), 3);
  EXPECT_EQ(low("NEUT", "10^9/L", 0.49, 1.8), 4);
  EXPECT_EQ(low("SODIUM", "mmol/L", 129, 136), 3);
}

TEST(Grade, AHighBaselineReplacesTheLimitFromVersion5On) {
  const GradeInput input{
      .value = 120, .upper_limit = 40, .baseline = 100, .baseline_upper_limit = 40};
  EXPECT_EQ(GradeOf("ctcae4", kHigh, "AST", "U/L", input), 1);
  EXPECT_EQ(GradeOf("ctcae5", kHigh, "AST", "U/L", input), 0);
  EXPECT_EQ(GradeOf("ctcae6", kHigh, "AST", "U/L", input), 1);
}

TEST(Grade, TheStatedRangeOfTheBaselineWinsOverItsLimits) {
  GradeInput input{.value = 120, .upper_limit = 40, .baseline = 100, .baseline_upper_limit = 40};
  input.baseline_range = BaselineRange::kNormal;
  EXPECT_EQ(GradeOf("ctcae5", kHigh, "AST", "U/L", input), 1);
}

TEST(Grade, AnUnknownLimitDecidesOnlyWhereThresholdsDo) {
  EXPECT_EQ(GradeOf("ctcae5", kLow, "HGB", "g/L", {.value = 79}), 3);
  EXPECT_EQ(GradeOf("ctcae5", kLow, "HGB", "g/L", {.value = 110}), -1);
  EXPECT_EQ(GradeOf("ctcae5", kHigh, "ALT", "U/L", {.value = 1000}), -1);
  EXPECT_EQ(GradeOf("ctcae5", kLow, "HGB", "g/L", {.lower_limit = 120}), -1);
}

TEST(Grade, TheChangeIsComputedFromTheBaselineUnlessStated) {
  GradeInput input{.value = 1.5, .lower_limit = 2, .baseline = 6};
  EXPECT_EQ(GradeOf("ctcae5", kLow, "FIBRINO", "g/L", input), 4);
  input.percent_change = -30;
  EXPECT_EQ(GradeOf("ctcae5", kLow, "FIBRINO", "g/L", input), 2);
  input = {.value = 1.5, .lower_limit = 2, .baseline = 0};
  EXPECT_EQ(GradeOf("ctcae5", kLow, "FIBRINO", "g/L", input), 1);
}

TEST(FindGradeCriteria, TakesTheThresholdsOfTheUnitElseConverts) {
  // 13.9 mmol/L are 250.4 mg/dL: only the table in mg/dL calls 250.2 a grade 3.
  EXPECT_EQ(GradeOf("ctcae4", kHigh, "GLUC", "mg/dL", {.value = 250.2}), 3);
  EXPECT_EQ(GradeOf("ctcae4", kHigh, "GLUC", "mmol/L", {.value = 13.9}), 0);
  EXPECT_EQ(GradeOf("ctcae4", kHigh, "GLUC", "g/L", {.value = 2.6}), 3);
  EXPECT_EQ(GradeOf("ctcae5", kLow, "HGB", "mmol/L", {.value = 4.9}), 3);
  EXPECT_EQ(GradeOf("ctcae5", kLow, "PLAT", "THOU/uL", {.value = 49}), 3);
  EXPECT_EQ(GradeOf("ctcae5", kLow, "WBC", "cells/uL", {.value = 1999}), 3);
}

TEST(FindGradeCriteria, LimitsAndBaselineAreConvertedWithTheValue) {
  EXPECT_EQ(GradeOf("ctcae5", kLow, "ALB", "mg/dL", {.value = 3900, .lower_limit = 4000}), 1);
  EXPECT_EQ(GradeOf("ctcae4", kHigh, "HGB", "mg/dL",
                    {.value = 19000, .upper_limit = 16000, .baseline = 17500}),
            1);
}

TEST(FindGradeCriteria, NeverComparesAcrossUnits) {
  EXPECT_EQ(FindGradeCriteria("ctcae5", kLow, "HGB", ""), nullptr);
  EXPECT_EQ(FindGradeCriteria("ctcae5", kLow, "HGB", "mmHg"), nullptr);
  EXPECT_EQ(FindGradeCriteria("ctcae5", kLow, "HGB", "G/L"), nullptr);
  EXPECT_EQ(FindGradeCriteria("ctcae5", kLow, "ALB", "mmol/L"), nullptr);
  EXPECT_EQ(FindGradeCriteria("ctcae5", kHigh, "CHOL", "ug/dL", UnitMatch::kAsPublished), nullptr);
  EXPECT_NE(FindGradeCriteria("ctcae5", kHigh, "CHOL", "ug/dL"), nullptr);
}

TEST(FindGradeCriteria, IsNullForWhatHasNone) {
  EXPECT_EQ(FindGradeCriteria("ctcae3", kLow, "HGB", "g/L"), nullptr);
  EXPECT_EQ(FindGradeCriteria("ctcae5", kHigh, "GLUC", "mmol/L"), nullptr);
  EXPECT_EQ(FindGradeCriteria("ctcae5", kLow, "ALT", "U/L"), nullptr);
  EXPECT_EQ(FindGradeCriteria("ctcae5", kLow, "", ""), nullptr);
  // The code of a urine pH as often as of a blood pH.
  EXPECT_EQ(FindGradeCriteria("ctcae5", kLow, "PH", ""), nullptr);
}

TEST(FindGradeCriteria, KnowsTermsAndNamesInAnyCase) {
  const GradeCriteria* by_term = FindGradeCriteria("ctcae6", kLow, "THROMBOCYTOPENIA", "10^9/L");
  ASSERT_NE(by_term, nullptr);
  EXPECT_EQ(by_term, FindGradeCriteria("ctcae6", kLow, "plat", "GI/L"));
  EXPECT_EQ(TermOf(*by_term), "Thrombocytopenia");
}

// PMC8961198, table 8.
TEST(Grade, VitalSigns) {
  const auto grade = [](GradeDirection direction, std::string_view analyte, double value) {
    const std::string_view unit = analyte == "TEMP" ? "C" : analyte == "PULSE" ? "/min" : "mmHg";
    return GradeOf("fda_tox", direction, analyte, unit, {.value = value});
  };
  EXPECT_EQ(grade(kHigh, "TEMP", 37.5), 0);
  EXPECT_EQ(grade(kHigh, "TEMP", 37.6), 1);
  EXPECT_EQ(grade(kHigh, "TEMP", 38.1), 2);
  EXPECT_EQ(grade(kHigh, "TEMP", 39), 2);
  EXPECT_EQ(grade(kHigh, "TEMP", 39.1), 3);
  EXPECT_EQ(GradeOf("fda_tox", kHigh, "TEMP", "F", {.value = 102.4}), 3);
  EXPECT_EQ(grade(kHigh, "PULSE", 100), 0);
  EXPECT_EQ(grade(kHigh, "PULSE", 101), 1);
  EXPECT_EQ(grade(kHigh, "PULSE", 116), 2);
  EXPECT_EQ(grade(kHigh, "PULSE", 130), 2);
  EXPECT_EQ(grade(kHigh, "PULSE", 131), 3);
  EXPECT_EQ(grade(kLow, "PULSE", 55), 0);
  EXPECT_EQ(grade(kLow, "PULSE", 54), 1);
  EXPECT_EQ(grade(kLow, "PULSE", 49), 2);
  EXPECT_EQ(grade(kLow, "PULSE", 39), 3);
  EXPECT_EQ(grade(kHigh, "SYSBP", 140), 0);
  EXPECT_EQ(grade(kHigh, "SYSBP", 141), 1);
  EXPECT_EQ(grade(kHigh, "SYSBP", 160), 2);
  EXPECT_EQ(grade(kHigh, "SYSBP", 180), 3);
  EXPECT_EQ(grade(kLow, "SYSBP", 89), 1);
  EXPECT_EQ(grade(kLow, "SYSBP", 84), 2);
  EXPECT_EQ(grade(kLow, "SYSBP", 79), 3);
  EXPECT_EQ(grade(kHigh, "DIABP", 91), 1);
  EXPECT_EQ(grade(kHigh, "DIABP", 100), 2);
  EXPECT_EQ(grade(kHigh, "DIABP", 110), 3);
}

TEST(CompareAt15Digits, ForgetsWhatArithmeticAdds) {
  EXPECT_EQ(CompareAt15Digits(0.1 + 0.2, 0.3), 0);
  EXPECT_EQ(CompareAt15Digits(1.2 - 0.9, 0.3), 0);
  EXPECT_LT(CompareAt15Digits(0.3, 0.30000000000001), 0);
  EXPECT_GT(CompareAt15Digits(1.00000000000001, 1), 0);
  EXPECT_LT(CompareAt15Digits(-1e308, 1e308), 0);
  EXPECT_EQ(CompareAt15Digits(0, -0.0), 0);
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_GT(CompareAt15Digits(infinity, 1), 0);
  EXPECT_EQ(CompareAt15Digits(infinity, infinity), 0);
  EXPECT_EQ(RoundTo15Digits(2.9999999999999996), 3);
}

}  // namespace
}  // namespace vedette::rules
