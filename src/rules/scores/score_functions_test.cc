// SPDX-License-Identifier: Apache-2.0
#include "rules/scores/score_functions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "model/unit_table.h"

namespace vedette::rules {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double Call(std::string_view name, std::initializer_list<double> arguments) {
  const ScoreFunction* function = FindScoreFunction(name);
  EXPECT_NE(function, nullptr) << name;
  if (function == nullptr) return kNone;
  EXPECT_EQ(function->arity, arguments.size()) << name;
  return function->evaluate(arguments.begin());
}

double Round(double value, int digits) {
  const double scale = std::pow(10, digits);
  return std::round(value * scale) / scale;
}

TEST(ScoreFunctions, AreSortedAndComplete) {
  const auto functions = ScoreFunctions();
  ASSERT_FALSE(functions.empty());
  EXPECT_TRUE(std::ranges::is_sorted(functions, {}, &ScoreFunction::name));
  for (const ScoreFunction& function : functions) {
    EXPECT_EQ(FindScoreFunction(function.name), &function);
    EXPECT_TRUE(function.signature.starts_with(std::string(function.name) + "(")) << function.name;
    EXPECT_FALSE(function.source.empty()) << function.name;
    ASSERT_GT(function.arity, 0) << function.name;
    ASSERT_LE(function.arity, std::size(function.units)) << function.name;
    ASSERT_NE(function.evaluate, nullptr);
    for (const std::string_view unit : function.units) {
      if (!unit.empty() && unit != "any") EXPECT_EQ(UcumCode(unit), unit) << function.name;
    }
    if (!function.result_unit.empty()) {
      EXPECT_EQ(UcumCode(function.result_unit), function.result_unit) << function.name;
    }
  }
  EXPECT_EQ(FindScoreFunction("qtc"), nullptr);
}

TEST(ScoreFunctions, AnUnknownRequiredArgumentGivesUnknown) {
  for (const ScoreFunction& function : ScoreFunctions()) {
    const std::size_t required = std::min(function.arity, function.optional_from);
    for (std::size_t missing = 0; missing < required; ++missing) {
      std::vector<double> arguments(function.arity, 1.0);
      arguments[missing] = kNone;
      EXPECT_TRUE(std::isnan(function.evaluate(arguments.data()))) << function.name;
    }
  }
}

TEST(ScoreFunctions, AreFiniteOrUnknownForAnyNumbers) {
  const double extremes[] = {0,
                             -1,
                             1,
                             5,
                             1e308,
                             -1e308,
                             1e-308,
                             std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(),
                             kNone};
  for (const ScoreFunction& function : ScoreFunctions()) {
    for (std::size_t turn = 0; turn < 100; ++turn) {
      std::vector<double> arguments(function.arity);
      for (std::size_t i = 0; i < arguments.size(); ++i) {
        arguments[i] = extremes[(turn / 10 * (i + 1) + turn % 10 * (i * i + 1)) % 10];
      }
      const double result = function.evaluate(arguments.data());
      EXPECT_TRUE(std::isnan(result) || std::isfinite(result)) << function.name;
    }
  }
}

// admiral, test-derive_param_qtc.R: QT 370 at RR 710, QT 480 at RR 842.
TEST(Qtc, AsPublished) {
  EXPECT_DOUBLE_EQ(Call("qtcb", {370, 710}), 370 / std::sqrt(0.710));
  EXPECT_DOUBLE_EQ(Call("qtcb", {480, 842}), 480 / std::sqrt(0.842));
  EXPECT_DOUBLE_EQ(Call("qtcf", {370, 710}), 370 / std::pow(710, 1.0 / 3) * 10);
  EXPECT_DOUBLE_EQ(Call("qtcf", {480, 842}), 480 / std::pow(842, 1.0 / 3) * 10);
  EXPECT_DOUBLE_EQ(Call("qtc_sagie", {370, 710}), 370 + 154 * (1 - 0.710));
  EXPECT_DOUBLE_EQ(Call("qtc_sagie", {480, 842}), 480 + 154 * (1 - 0.842));
  EXPECT_EQ(Round(Call("qtcb", {370, 710}), 3), 439.109);
  EXPECT_EQ(Round(Call("qtcf", {370, 710}), 3), 414.746);
  EXPECT_DOUBLE_EQ(Call("rr_from_hr", {70.14}), 60000 / 70.14);
  EXPECT_TRUE(std::isnan(Call("qtcf", {400, 0})));
  EXPECT_TRUE(std::isnan(Call("rr_from_hr", {0})));
}

// admiral, test-compute_kidney.R; numbers of the National Kidney Foundation's and MDCalc's
// calculators. That test takes 88.42 umol/L of creatinine as 1 mg/dL.
TEST(Egfr, AsPublished) {
  EXPECT_EQ(std::round(Call("egfr_ckd_epi_2021", {1.09, 55, 0})), 80);
  EXPECT_EQ(std::round(Call("egfr_ckd_epi_2021", {85 / 88.42, 65, 1})), 66);
  EXPECT_EQ(std::round(Call("crcl_cockcroft_gault", {1.09, 55, 90, 0})), 97);
  EXPECT_EQ(std::round(Call("crcl_cockcroft_gault", {85 / 88.42, 65, 60, 1})), 55);
  EXPECT_EQ(Round(Call("egfr_mdrd", {1.09, 55, 0, 0}), 1), 70.2);
  EXPECT_EQ(Round(Call("egfr_mdrd", {85 / 88.42, 65, 1, 1}), 1), 70.6);
  EXPECT_EQ(Round(Call("egfr_ckd_epi_2021", {96.3 / 88.42, 55, 0}), 4), 80.2293);
  EXPECT_EQ(Round(Call("egfr_ckd_epi_2021", {70 / 88.42, 52, 1}), 4), 89.7175);
  EXPECT_EQ(Round(Call("egfr_ckd_epi_2021", {77 / 88.42, 67, 0}), 4), 94.5453);
  EXPECT_EQ(Round(Call("egfr_ckd_epi_2021", {65 / 88.42, 76, 1}), 4), 84.4646);
}

TEST(Egfr, TheUnitTablesCreatinineGivesTheSameWholeNumbers) {
  const double factor = ConvertUnit("CREAT", "umol/L", "mg/dL")->factor;
  EXPECT_EQ(std::round(Call("egfr_ckd_epi_2021", {85 * factor, 65, 1})), 66);
  EXPECT_EQ(std::round(Call("crcl_cockcroft_gault", {85 * factor, 65, 60, 1})), 55);
}

// KDIGO 2012, table 2: each limit and the value below it.
TEST(KdigoAkiStage, ByCreatinine) {
  EXPECT_EQ(Call("kdigo_aki_stage", {1.0, 1.0, 1.0}), 0);
  EXPECT_EQ(Call("kdigo_aki_stage", {1.49, 1.0, 1.2}), 0);
  EXPECT_EQ(Call("kdigo_aki_stage", {1.5, 1.0, 1.5}), 1);
  EXPECT_EQ(Call("kdigo_aki_stage", {1.2, 1.0, 0.9}), 1);
  EXPECT_EQ(Call("kdigo_aki_stage", {1.29, 1.0, 1.0}), 0);
  EXPECT_EQ(Call("kdigo_aki_stage", {1.99, 1.0, 1.99}), 1);
  EXPECT_EQ(Call("kdigo_aki_stage", {2.0, 1.0, 2.0}), 2);
  EXPECT_EQ(Call("kdigo_aki_stage", {2.99, 1.0, 2.99}), 2);
  EXPECT_EQ(Call("kdigo_aki_stage", {3.0, 1.0, 3.0}), 3);
  EXPECT_EQ(Call("kdigo_aki_stage", {4.0, 3.7, 3.7}), 3);
  EXPECT_EQ(Call("kdigo_aki_stage", {4.0, 3.9, 3.9}), 0);
  EXPECT_EQ(Call("kdigo_aki_stage", {2.0, 1.0, kNone}), 2);
  EXPECT_TRUE(std::isnan(Call("kdigo_aki_stage", {1.0, 1.0, kNone})));
}

// gdl-lang common-clinical-models, gdl2/NEWS2.v1.test.yml, in its order.
TEST(News2, ThePublishedCases) {
  struct Case {
    double respiration, saturation, scale2, oxygen, systolic, pulse, alert, temperature;
    int score, risk;
  };
  constexpr Case kCases[] = {
      {20, 98, 0, 0, 111, 78, 1, 37, 0, 0},   {20, 95, 0, 0, 111, 78, 1, 37, 1, 0},
      {20, 93, 0, 0, 111, 78, 1, 37, 2, 0},   {20, 91, 0, 0, 111, 78, 1, 37, 3, 1},
      {20, 98, 0, 0, 70, 78, 1, 37, 3, 1},    {20, 98, 1, 1, 111, 78, 1, 37, 5, 2},
      {20, 98, 1, 0, 111, 78, 1, 37, 0, 0},   {20, 82, 1, 0, 111, 78, 1, 37, 3, 1},
      {20, 98, 1, 1, 111, 78, 0, 37, 8, 3},   {20, 98, 1, 1, 111, 78, 0, 34, 11, 3},
      {20, 98, 1, 1, 111, 78, 0, 39, 9, 3},   {20, 98, 1, 1, 111, 78, 0, 40, 10, 3},
      {20, 98, 1, 1, 111, 48, 0, 40, 11, 3},  {20, 98, 1, 1, 111, 150, 0, 40, 13, 3},
      {20, 98, 1, 1, 80, 150, 0, 40, 16, 3},  {20, 98, 1, 1, 105, 150, 0, 40, 14, 3},
      {20, 98, 1, 1, 230, 150, 0, 40, 16, 3}, {27, 98, 1, 1, 230, 150, 0, 40, 19, 3},
      {10, 98, 1, 1, 230, 150, 0, 40, 17, 3},
  };
  static_assert(std::size(kCases) == 19);
  for (const Case& c : kCases) {
    const double arguments[] = {c.respiration, c.saturation, c.scale2, c.oxygen,
                                c.systolic,    c.pulse,      c.alert,  c.temperature};
    EXPECT_EQ(FindScoreFunction("news2")->evaluate(arguments), c.score);
    EXPECT_EQ(FindScoreFunction("news2_risk")->evaluate(arguments), c.risk);
  }
}

// RCP 2017, chart 1: the first value of every band.
TEST(News2, EveryBand) {
  const auto score = [](double respiration, double saturation, double scale2, double oxygen) {
    return Call("news2", {respiration, saturation, scale2, oxygen, 120, 70, 1, 37});
  };
  EXPECT_EQ(score(8, 97, 0, 0), 3);
  EXPECT_EQ(score(9, 97, 0, 0), 1);
  EXPECT_EQ(score(12, 97, 0, 0), 0);
  EXPECT_EQ(score(21, 97, 0, 0), 2);
  EXPECT_EQ(score(25, 97, 0, 0), 3);
  EXPECT_EQ(score(15, 92, 0, 0), 2);
  EXPECT_EQ(score(15, 94, 0, 0), 1);
  EXPECT_EQ(score(15, 96, 0, 0), 0);
  EXPECT_EQ(score(15, 83, 1, 0), 3);
  EXPECT_EQ(score(15, 84, 1, 0), 2);
  EXPECT_EQ(score(15, 86, 1, 0), 1);
  EXPECT_EQ(score(15, 88, 1, 0), 0);
  EXPECT_EQ(score(15, 88, 1, 1), 2);
  EXPECT_EQ(score(15, 93, 1, 0), 0);
  EXPECT_EQ(score(15, 93, 1, 1), 3);
  EXPECT_EQ(score(15, 95, 1, 1), 4);
  EXPECT_EQ(score(15, 97, 1, 1), 5);
}

// Basch 2021, as summed up with the data: F/S/I 1/1/1 → 1, 2/2/0 → 2, 3/3/2 → 3, 4/0/1 → 1.
TEST(ProCtcae, ThePublishedExamples) {
  EXPECT_EQ(Call("pro_ctcae", {1, 1, 1}), 1);
  EXPECT_EQ(Call("pro_ctcae", {2, 2, 0}), 2);
  EXPECT_EQ(Call("pro_ctcae", {3, 3, 2}), 3);
  EXPECT_EQ(Call("pro_ctcae", {4, 0, 1}), 1);
  EXPECT_EQ(Call("pro_ctcae", {0, 4, 4}), 0);
  EXPECT_EQ(Call("pro_ctcae", {kNone, 0, 4}), 0);
  EXPECT_EQ(Call("pro_ctcae", {kNone, 3, kNone}), 3);
  EXPECT_EQ(Call("pro_ctcae", {3, kNone, kNone}), 2);
  EXPECT_EQ(Call("pro_ctcae", {2, 4, kNone}), 2);
  EXPECT_EQ(Call("pro_ctcae", {kNone, 2, 4}), 3);
  EXPECT_EQ(Call("pro_ctcae", {4, kNone, 3}), 3);
  EXPECT_EQ(Call("pro_ctcae_amount", {2}), 1);
  EXPECT_TRUE(std::isnan(Call("pro_ctcae", {kNone, kNone, 2})));
  EXPECT_TRUE(std::isnan(Call("pro_ctcae", {5, 1, 1})));
  EXPECT_TRUE(std::isnan(Call("pro_ctcae", {1.5, 1, 1})));
}

// The paper's directional consistency: a worse answer never lowers the grade.
TEST(ProCtcae, IsMonotone) {
  for (int f = 0; f < 5; ++f) {
    for (int s = 0; s < 5; ++s) {
      for (int i = 0; i < 5; ++i) {
        const double grade = Call("pro_ctcae", {1.0 * f, 1.0 * s, 1.0 * i});
        if (f < 4) EXPECT_LE(grade, Call("pro_ctcae", {f + 1.0, 1.0 * s, 1.0 * i}));
        if (s < 4) EXPECT_LE(grade, Call("pro_ctcae", {1.0 * f, s + 1.0, 1.0 * i}));
        if (i < 4) EXPECT_LE(grade, Call("pro_ctcae", {1.0 * f, 1.0 * s, i + 1.0}));
      }
    }
  }
}

// admiral, test-derive_advs_params.R; the first BMI is also the CDC calculator's.
TEST(Vitals, AsPublished) {
  EXPECT_EQ(Round(Call("bmi", {75, 180}), 3), 23.148);
  EXPECT_EQ(Round(Call("bmi", {100, 200}), 3), 25);
  EXPECT_TRUE(std::isnan(Call("bmi", {75, 0})));
  const struct {
    std::string_view name;
    double first, second;  // of 75 kg and 170 cm, of 90 kg and 185 cm
  } kSurfaces[] = {{"bsa_mosteller", 1.882, 2.151}, {"bsa_dubois", 1.864, 2.141},
                   {"bsa_haycock", 1.895, 2.161},   {"bsa_gehan_george", 1.897, 2.16},
                   {"bsa_boyd", 1.905, 2.158},      {"bsa_fujimoto", 1.819, 2.086},
                   {"bsa_takahira", 1.878, 2.158}};
  for (const auto& surface : kSurfaces) {
    EXPECT_EQ(Round(Call(surface.name, {75, 170}), 3), surface.first) << surface.name;
    EXPECT_EQ(Round(Call(surface.name, {90, 185}), 3), surface.second) << surface.name;
  }
  EXPECT_EQ(Round(Call("mean_arterial_pressure", {121, 51}), 3), 74.333);
  EXPECT_EQ(Round(Call("mean_arterial_pressure", {141, 61}), 3), 87.667);
  EXPECT_EQ(Round(Call("mean_arterial_pressure_hr", {121, 51, 59}), 3), 73.039);
  EXPECT_EQ(Round(Call("mean_arterial_pressure_hr", {101, 91, 62}), 3), 94.255);
}

TEST(OrthostaticDrop, AtTwentySystolicOrTenDiastolic) {
  EXPECT_EQ(Call("orthostatic_drop", {140, 80, 120, 80}), 1);
  EXPECT_EQ(Call("orthostatic_drop", {140, 80, 121, 70}), 1);
  EXPECT_EQ(Call("orthostatic_drop", {140, 80, 121, 71}), 0);
  EXPECT_EQ(Call("orthostatic_drop", {120, 70, 140, 80}), 0);
}

TEST(HysLaw, AbsorbsUnknownsAsKleenesLogic) {
  EXPECT_EQ(Call("hys_law", {3, 1, 2, 1.9}), 1);
  EXPECT_EQ(Call("hys_law", {1, 3, 2, 1}), 1);
  EXPECT_EQ(Call("hys_law", {2.9, 2.9, 2, 1}), 0);
  EXPECT_EQ(Call("hys_law", {3, 1, 1.9, 1}), 0);
  EXPECT_EQ(Call("hys_law", {3, 1, 2, 2}), 0);
  EXPECT_EQ(Call("hys_law", {kNone, 3, 2, 1}), 1);
  EXPECT_EQ(Call("hys_law", {kNone, kNone, 1, kNone}), 0);
  EXPECT_TRUE(std::isnan(Call("hys_law", {kNone, 1, 2, 1})));
  EXPECT_TRUE(std::isnan(Call("hys_law", {3, 1, 2, kNone})));
}

TEST(Hepatic, QuadrantsAndTheRRatio) {
  EXPECT_EQ(Call("edish_quadrant", {2.99, 1.99}), 0);
  EXPECT_EQ(Call("edish_quadrant", {2.99, 2}), 1);
  EXPECT_EQ(Call("edish_quadrant", {3, 1.99}), 2);
  EXPECT_EQ(Call("edish_quadrant", {3, 2}), 3);
  EXPECT_EQ(Call("r_ratio", {10, 2}), 5);
  EXPECT_TRUE(std::isnan(Call("r_ratio", {10, 0})));
}

// Payne 1973: 0.8 mg/dL for each g/dL of albumin below 4.
TEST(Electrolytes, AnionGapAndCorrectedCalcium) {
  EXPECT_EQ(Call("anion_gap", {140, 104, 24}), 12);
  EXPECT_DOUBLE_EQ(Call("corrected_calcium", {8.0, 2.0}), 9.6);
  EXPECT_EQ(Call("corrected_calcium", {9.5, 4.0}), 9.5);
}

}  // namespace
}  // namespace vedette::rules
