// SPDX-License-Identifier: Apache-2.0
#include "model/unit_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "model/unit_data.h"

namespace vedette {
namespace {

double Factor(std::string_view analyte, std::string_view from, std::string_view to) {
  const auto conversion = ConvertUnit(analyte, from, to);
  return conversion ? conversion->factor : 0;
}

TEST(UcumCode, KnowsTheSpellingsOfLaboratoriesAndSdtm) {
  for (const char* text : {"10^9/L", "x10E9/L", "10**9/L", "GI/L", "G/L", "x 10^9/L", "10e9/L"}) {
    EXPECT_EQ(UcumCode(text), "10*9/L") << text;
  }
  for (const char* text : {"THOU/uL", "K/uL", "10^3/uL", "x10^3/µL", "10E3/uL", "thou/ul"}) {
    EXPECT_EQ(UcumCode(text), "10*3/uL") << text;
  }
  EXPECT_EQ(UcumCode("1/uL"), "/uL");
  EXPECT_EQ(UcumCode("µmol/L"), "umol/L");
  EXPECT_EQ(UcumCode("μmol/L"), "umol/L");
  EXPECT_EQ(UcumCode("UMOL/L"), "umol/L");
  EXPECT_EQ(UcumCode("mEq/L"), "meq/L");
  EXPECT_EQ(UcumCode("IU/L"), "[IU]/L");
  EXPECT_EQ(UcumCode("beats/min"), "/min");
  EXPECT_EQ(UcumCode("BEATS/MIN"), "/min");
  EXPECT_EQ(UcumCode("mL/min/1.73m2"), "mL/min/{1.73_m2}");
  EXPECT_EQ(UcumCode("mL/min/1.73m^2"), "mL/min/{1.73_m2}");
  EXPECT_EQ(UcumCode("LB"), "[lb_av]");
  EXPECT_EQ(UcumCode("mmHg"), "mm[Hg]");
  EXPECT_EQ(UcumCode("°C"), "Cel");
}

TEST(UcumCode, TellsGramsFromGigaByLetterCase) {
  EXPECT_EQ(UcumCode("g/L"), "g/L");
  EXPECT_EQ(UcumCode("g/l"), "g/L");
  EXPECT_EQ(UcumCode("G/L"), "10*9/L");
  EXPECT_EQ(UcumCode("k"), "");
  EXPECT_EQ(UcumCode("K"), "K");
}

TEST(UcumCode, IsEmptyForWhatItDoesNotKnow) {
  EXPECT_EQ(UcumCode(""), "");
  EXPECT_EQ(UcumCode("bar"), "");
  EXPECT_EQ(UcumCode("furlong/fortnight"), "");
  EXPECT_EQ(UcumCode(std::string(100'000, '/')), "");
  EXPECT_EQ(UcumCode("\xC2"), "");
}

TEST(UnitData, EveryCodeAndSpellingMeansItself) {
  std::set<std::string_view> codes;
  for (const UnitEntry& unit : UnitEntries()) {
    EXPECT_TRUE(codes.insert(unit.code).second) << unit.code;
    EXPECT_EQ(UcumCode(unit.code), unit.code);
    EXPECT_NE(unit.factor, 0) << unit.code;
  }
  std::set<std::string_view> spellings;
  for (const UnitSpelling& spelling : UnitSpellings()) {
    EXPECT_TRUE(codes.contains(spelling.code)) << spelling.spelling;
    EXPECT_TRUE(spellings.insert(spelling.spelling).second) << spelling.spelling;
    EXPECT_EQ(UcumCode(spelling.spelling), spelling.code) << spelling.spelling;
  }
}

// Factors as the AMA Manual of Style, 11th edition, section 17.5, and the usual laboratory tables
// print them, to the digits they print.
TEST(ConvertUnit, HasThePublishedFactors) {
  EXPECT_NEAR(Factor("CREAT", "mg/dL", "umol/L"), 88.4, 0.05);
  EXPECT_NEAR(Factor("GLUC", "mmol/L", "mg/dL"), 18.016, 0.001);
  EXPECT_NEAR(Factor("GLUC", "mg/dL", "mmol/L"), 0.0555, 0.00005);
  EXPECT_NEAR(Factor("BILI", "mg/dL", "umol/L"), 17.1, 0.05);
  EXPECT_NEAR(Factor("CHOL", "mg/dL", "mmol/L"), 0.0259, 0.00005);
  EXPECT_NEAR(Factor("TRIG", "mg/dL", "mmol/L"), 0.0113, 0.00005);
  EXPECT_NEAR(Factor("BUN", "mg/dL", "mmol/L"), 0.357, 0.0005);
  EXPECT_NEAR(Factor("UREA", "mg/dL", "mmol/L"), 0.1665, 0.00005);
  EXPECT_NEAR(Factor("URATE", "mg/dL", "umol/L"), 59.48, 0.01);
  EXPECT_NEAR(Factor("CA", "mg/dL", "mmol/L"), 0.25, 0.0005);
  EXPECT_NEAR(Factor("MG", "mg/dL", "mmol/L"), 0.411, 0.0005);
  EXPECT_NEAR(Factor("PHOS", "mg/dL", "mmol/L"), 0.323, 0.0005);
  EXPECT_NEAR(Factor("HGB", "g/dL", "mmol/L"), 0.6206, 0.0001);
  EXPECT_NEAR(Factor("IRON", "ug/dL", "umol/L"), 0.179, 0.0005);
  EXPECT_NEAR(Factor("THYROXINE", "ug/dL", "nmol/L"), 12.87, 0.005);
  EXPECT_NEAR(Factor("ALT", "ukat/L", "U/L"), 60, 1e-12);
  EXPECT_NEAR(Factor("ALT", "U/L", "ukat/L"), 0.0167, 0.00005);
  EXPECT_NEAR(Factor("SYSBP", "kPa", "mmHg"), 7.50062, 0.00001);
  EXPECT_DOUBLE_EQ(Factor("WEIGHT", "LB", "kg"), 0.45359237);
  EXPECT_DOUBLE_EQ(Factor("HEIGHT", "in", "cm"), 2.54);
}

TEST(ConvertUnit, IsExactBetweenDecimalMultiples) {
  EXPECT_EQ(Factor("HGB", "g/dL", "g/L"), 10);
  EXPECT_EQ(Factor("HGB", "g/L", "g/dL"), 0.1);
  EXPECT_EQ(Factor("WBC", "THOU/uL", "10^9/L"), 1);
  EXPECT_EQ(Factor("WBC", "10^3/mL", "10^9/L"), 0.001);
  EXPECT_EQ(Factor("WBC", "cells/uL", "GI/L"), 0.001);
  EXPECT_EQ(Factor("K", "mEq/L", "mmol/L"), 1);
  EXPECT_EQ(Factor("CA", "mEq/L", "mmol/L"), 0.5);
  EXPECT_EQ(Factor("HCT", "fraction of 1", "%"), 100);
  EXPECT_EQ(Factor("QT", "s", "msec"), 1000);
  EXPECT_EQ(Factor("ALT", "IU/L", "U/L"), 1);
  EXPECT_EQ(Factor("TSH", "uIU/mL", "mIU/L"), 1);
}

TEST(ConvertUnit, TemperaturesHaveAnOffset) {
  const auto celsius = ConvertUnit("TEMP", "F", "C");
  ASSERT_TRUE(celsius);
  EXPECT_NEAR(98.6 * celsius->factor + celsius->offset, 37.0, 1e-12);
  const auto fahrenheit = ConvertUnit("TEMP", "C", "F");
  ASSERT_TRUE(fahrenheit);
  EXPECT_NEAR(100 * fahrenheit->factor + fahrenheit->offset, 212, 1e-10);
  const auto from_kelvin = ConvertUnit("TEMP", "K", "C");
  ASSERT_TRUE(from_kelvin);
  EXPECT_DOUBLE_EQ(310.15 * from_kelvin->factor + from_kelvin->offset, 37.0);
}

TEST(ConvertUnit, NeverAcrossDimensions) {
  EXPECT_FALSE(ConvertUnit("ALB", "g/L", "mmol/L"));
  EXPECT_FALSE(ConvertUnit("SOMETHING", "mg/dL", "umol/L"));
  EXPECT_FALSE(ConvertUnit("HGB", "G/L", "g/L"));
  EXPECT_FALSE(ConvertUnit("WEIGHT", "kg", "cm"));
  EXPECT_FALSE(ConvertUnit("TSH", "mIU/L", "mU/L"));
  EXPECT_FALSE(ConvertUnit("GLUC", "mmol/L", "meq/L"));
  EXPECT_FALSE(ConvertUnit("CREATCLR", "mL/min", "mL/min/1.73m2"));
  EXPECT_FALSE(ConvertUnit("SYSBP", "", "mmHg"));
  EXPECT_FALSE(ConvertUnit("SYSBP", "bar", "mmHg"));
}

TEST(ConvertUnit, EqualTextsAreTheIdentityEvenWhenUnknown) {
  const auto conversion = ConvertUnit("X", "titre", "titre");
  ASSERT_TRUE(conversion);
  EXPECT_EQ(conversion->factor, 1);
  EXPECT_EQ(conversion->offset, 0);
}

TEST(UnitsConvertibleTo, HoldsMassAndSubstanceOnlyWhereTheMolarMassIsKnown) {
  const auto contains = [](std::string_view analyte, std::string_view code) {
    const auto codes = UnitsConvertibleTo(analyte, "umol/L");
    return std::ranges::find(codes, code) != codes.end();
  };
  EXPECT_TRUE(contains("CREAT", "mg/dL"));
  EXPECT_TRUE(contains("CREAT", "mmol/L"));
  EXPECT_FALSE(contains("ALB", "mg/dL"));
  EXPECT_TRUE(UnitsConvertibleTo("CREAT", "bar").empty());
}

TEST(FindConversion, TakesTheDictionarysOwnConversionBeforeTheTables) {
  const ItemDefinition item{
      .code = "CREAT", .name = "Creatinine", .unit = "umol/L", .accepted_units = {{"mg/dL", 88}}};
  EXPECT_EQ(FindConversion(item, "mg/dL")->factor, 88);
  EXPECT_EQ(FindConversion(item, "mmol/L")->factor, 1000);
  EXPECT_EQ(FindConversion(item, "umol/L")->factor, 1);
  EXPECT_FALSE(FindConversion(item, ""));
  EXPECT_FALSE(FindConversion(item, "mmHg"));
}

TEST(FindConversion, ConvertsNoTextAndNoNumberWithoutUnit) {
  EXPECT_FALSE(FindConversion({.code = "SCORE", .name = "Score"}, "%"));
  EXPECT_FALSE(FindConversion({.code = "NOTE", .name = "Note", .type = ItemType::kText}, "kg"));
}

}  // namespace
}  // namespace vedette
