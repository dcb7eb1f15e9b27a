// SPDX-License-Identifier: Apache-2.0
#include "rules/check/units.h"

#include <gtest/gtest.h>

#include "rules/check/checker.h"
#include "rules/check/test_catalog.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

class UnitsTest : public testing::Test {
 protected:
  std::expected<CheckedExpression, Diagnostics> CheckText(std::string_view source) {
    const auto ast = Parse(source);
    if (!ast) {
      ADD_FAILURE() << Render(source, ast.error()[0]);
      return std::unexpected(ast.error());
    }
    CheckerOptions options{.catalog = catalog_.get()};
    options.units = units_;
    return Check(*ast, options);
  }

  // "double umol/L", or the code of the first mistake.
  std::string TypeOf(std::string_view source) {
    const auto checked = CheckText(source);
    if (!checked) return checked.error()[0].code;
    const Type& type = checked->TypeOf(*checked->ast->root);
    return Describe(type);
  }

  std::shared_ptr<const Catalog> catalog_ = TestCatalog();
  std::map<std::string, std::string, std::less<>> units_;
};

TEST_F(UnitsTest, NumbersCarryTheUnitOfTheirItem) {
  EXPECT_EQ(TypeOf("lab.CREAT.value"), "number in umol/L");
  EXPECT_EQ(TypeOf("lab.CREAT.window(days(7)).sd()"), "number in umol/L");
  EXPECT_EQ(TypeOf("lab.CREAT.prev.value"), "number in umol/L");
  EXPECT_EQ(TypeOf("lab.CREAT.last(3)[0].uln"), "number in umol/L");
  EXPECT_EQ(TypeOf("lab.CREAT.xuln"), "number");
  EXPECT_EQ(TypeOf("lab.CREAT.pct_change"), "number");
  EXPECT_EQ(TypeOf("lab.HGB.window(days(7)).slope_per_day()"), "number in g/dL/d");
  EXPECT_EQ(TypeOf("lab.CREAT.window(days(7)).count()"), "whole number");
  EXPECT_EQ(TypeOf("pro.PHQ0109.value"), "number");
}

TEST_F(UnitsTest, ArithmeticKeepsTrackOfThem) {
  EXPECT_EQ(TypeOf("lab.CREAT.value + 26.5"), "number in umol/L");
  EXPECT_EQ(TypeOf("26 + lab.CREAT.value"), "number in umol/L");
  EXPECT_EQ(TypeOf("1.5 * lab.CREAT.value"), "number in umol/L");
  EXPECT_EQ(TypeOf("-lab.CREAT.value"), "number in umol/L");
  EXPECT_EQ(TypeOf("lab.CREAT.value / 2"), "number in umol/L");
  EXPECT_EQ(TypeOf("lab.ALT.value / lab.AST.value"), "number");
  EXPECT_EQ(TypeOf("lab.ALT.xuln * lab.AST.value"), "number in U/L");
  EXPECT_EQ(TypeOf("(lab.ALT.value / lab.ALT.uln) / (lab.ALP.value / lab.ALP.uln)"), "number");
  EXPECT_EQ(TypeOf("math.greatest(lab.ALT.value, lab.AST.value, 3)"), "number in U/L");
  EXPECT_EQ(TypeOf("math.abs(lab.CREAT.change)"), "number in umol/L");
  EXPECT_EQ(TypeOf("true ? lab.ALT.value : 0.0"), "number in U/L");
  EXPECT_EQ(TypeOf("[lab.ALT.value, 3]"), "list of numbers in U/L");
}

TEST_F(UnitsTest, UnlikeUnitsAreNeverMixed) {
  EXPECT_EQ(TypeOf("lab.ALT.value + lab.CREAT.value"), "unit_mismatch");
  EXPECT_EQ(TypeOf("lab.ALT.value > lab.CREAT.value"), "unit_mismatch");
  EXPECT_EQ(TypeOf("lab.ALT.value == lab.CREAT.value"), "unit_mismatch");
  EXPECT_EQ(TypeOf("lab.ALT.value > pro.PHQ0109.value"), "unit_mismatch");
  EXPECT_EQ(TypeOf("lab.ALT.value / lab.CREAT.value"), "unit_mismatch");
  EXPECT_EQ(TypeOf("1.0 / lab.CREAT.value"), "unit_mismatch");
  EXPECT_EQ(TypeOf("lab.ALT.value * lab.ALT.value"), "unit_product");
  EXPECT_EQ(TypeOf("math.sqrt(lab.ALT.value)"), "unit_product");
  EXPECT_EQ(TypeOf("[lab.ALT.value, lab.CREAT.value]"), "unit_mismatch");
  EXPECT_EQ(TypeOf("math.least(lab.ALT.value, lab.CREAT.value)"), "unit_mismatch");
  EXPECT_EQ(TypeOf("true ? lab.ALT.value : lab.CREAT.value"), "unit_mismatch");
  EXPECT_EQ(TypeOf("lab.ALT.value in [lab.CREAT.value]"), "unit_mismatch");
}

TEST_F(UnitsTest, AVariableBoundToALiteralIsALiteral) {
  EXPECT_EQ(TypeOf("cel.bind(limit, 2 * 60.0, lab.ALT.value > limit)"), "true/false");
  EXPECT_EQ(TypeOf("cel.bind(limit, pro.PHQ0109.value, lab.ALT.value > limit)"), "unit_mismatch");
}

TEST_F(UnitsTest, QuantityAndInConvert) {
  EXPECT_EQ(TypeOf("quantity(26.5, \"umol/L\")"), "number in umol/L");
  EXPECT_EQ(TypeOf("lab.CREAT.value > quantity(26.5, \"umol/L\")"), "true/false");
  EXPECT_EQ(TypeOf("lab.CREAT.in(\"mg/dL\").value"), "number in mg/dL");
  EXPECT_EQ(TypeOf("lab.CREAT.in(\"mg/dL\").window(days(7)).min() > quantity(1.5, \"mg/dL\")"),
            "true/false");
  EXPECT_EQ(TypeOf("vs.PULSE.value / quantity(1.0, \"beats/min\")"), "number");
  EXPECT_EQ(TypeOf("quantity(lab.ALT.value, \"U/L\")"), "unit_mismatch");
  EXPECT_EQ(TypeOf("lab.CREAT.in(\"kg\").value"), "unit_not_convertible");
}

TEST_F(UnitsTest, SpellingsOfOneUnitAreOneUnit) {
  EXPECT_TRUE(SameUnit("10^9/L", "10*9/L"));
  EXPECT_TRUE(SameUnit("", ""));
  EXPECT_FALSE(SameUnit("", "mg/dL"));
  EXPECT_FALSE(SameUnit("mg/dL", "umol/L"));
  EXPECT_EQ(TypeOf("lab.NEUT.value < quantity(1.0, \"GI/L\")"), "true/false");
}

TEST_F(UnitsTest, TheRuleMayStateAnotherUnit) {
  units_["lab.CREAT"] = "mg/dL";
  EXPECT_EQ(TypeOf("lab.CREAT.value"), "number in mg/dL");
  EXPECT_EQ(TypeOf("lab.CREAT.value > quantity(1.5, \"mg/dL\")"), "true/false");
  units_["lab.ALT"] = "mmHg";
  EXPECT_EQ(TypeOf("lab.ALT.value"), "unit_not_convertible");
}

}  // namespace
}  // namespace vedette::rules
