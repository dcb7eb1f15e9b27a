// SPDX-License-Identifier: Apache-2.0
#include "rules/eval/evaluator.h"

#include "rules/eval/test_scope.h"

namespace vedette::rules {
namespace {

TEST(NumberTest, WholeNumbersOverflowIntoErrors) {
  EXPECT_EQ(Result("-9223372036854775808 / -1"), "error");
  EXPECT_EQ(Result("-9223372036854775808 % -1"), "0");
  EXPECT_EQ(Result("-(-9223372036854775808)"), "error");
  EXPECT_EQ(Result("9223372036854775807 + 1"), "error");
  EXPECT_EQ(Result("0u - 1u"), "error");
  EXPECT_EQ(Result("math.abs(-9223372036854775808)"), "error");
  EXPECT_EQ(Result("-7 / 2"), "-3");
  EXPECT_EQ(Result("-7 % 2"), "-1");
}

TEST(NumberTest, KindsCompareByValueAndDoublesMixWithWholeNumbers) {
  EXPECT_EQ(Result("1 == 1.0 && 1u == 1 && 2u == 2.0"), "true");
  EXPECT_EQ(Result("-1 < 0u && 18446744073709551615u > -1"), "true");
  EXPECT_EQ(Result("dyn(9223372036854775807) < 9223372036854775808.0"), "false");
  EXPECT_EQ(Result("3 * 1.5 + 2u"), "6.5");
  EXPECT_EQ(Result("type(1 + 1u) == double"), "true");
  EXPECT_EQ(Result("1.5 % 1"), "error");
}

TEST(NumberTest, NanEqualsNothingAndHasNoOrder) {
  EXPECT_EQ(Result("double('NaN') == double('NaN')"), "false");
  EXPECT_EQ(Result("double('NaN') != double('NaN')"), "true");
  EXPECT_EQ(Result("double('NaN') < 1.0 || double('NaN') >= 1.0"), "false");
  EXPECT_EQ(Result("double('NaN') in [double('NaN')]"), "false");
  EXPECT_EQ(Result("{1: 2}[?double('NaN')]"), "none");
  EXPECT_EQ(Result("int(double('NaN'))"), "error");
}

TEST(NumberTest, ConversionsKeepToTheRangeOfTheirType) {
  EXPECT_EQ(Result("int(9223372036854775808.0)"), "error");
  EXPECT_EQ(Result("uint(18446744073709551616.0)"), "error");
  EXPECT_EQ(Result("uint(-0.5)"), "error");
  EXPECT_EQ(Result("int('12x')"), "error");
  EXPECT_EQ(Result("int('+12') + int('-12')"), "0");
  EXPECT_EQ(Result("double('-Infinity')"), "-Infinity");
  EXPECT_EQ(Result("double(' 1')"), "error");
  EXPECT_EQ(Result("string(1e300)"), "1e+300");
  EXPECT_EQ(Result("string(0.1 + 0.2)"), "0.30000000000000004");
  EXPECT_EQ(Result("string([1])"), "error");
  EXPECT_EQ(Result("int(duration('-1.5s'))"), "-1");
  EXPECT_EQ(Result("duration(90) == duration('1m30s')"), "true");
}

TEST(CollectionTest, Macros) {
  EXPECT_EQ(Result("[4, 5].map(i, i * 2)"), "[8, 10]");
  EXPECT_EQ(Result("[4, 5].map(i, i > 4, i * 2)"), "[10]");
  EXPECT_EQ(Result("[4, 5].all(i, x, x == i + 4)"), "true");
  EXPECT_EQ(Result("{'a': 1, 'b': 2}.exists(k, v, k == 'b' && v == 2)"), "true");
  EXPECT_EQ(Result("[3, 4].existsOne(i, x, i == 1)"), "true");
  EXPECT_EQ(Result("[1].map(x, [2].map(x, x))"), "[[2]]");
  EXPECT_EQ(Result("1.all(x, true)"), "error");
  EXPECT_EQ(Result("[1].all(x, x)"), "error");
  EXPECT_EQ(Result("optional.of(2).optFlatMap(x, x)"), "error");
}

TEST(CollectionTest, KeysMayNotRepeatOrBeDoubles) {
  EXPECT_EQ(Result("{1: 0, 1u: 0}"), "error");
  EXPECT_EQ(Result("{1.0: 0}"), "error");
  EXPECT_EQ(Result("{1: 'a'}[1.0]"), "a");
  EXPECT_EQ(Result("[1, 2][-1]"), "error");
  EXPECT_EQ(Result("[1, 2][?9223372036854775807]"), "none");
  EXPECT_EQ(Result("[1, 2][0.5]"), "error");
}

TEST(NameTest, TheLongestNameThatIsKnownStands) {
  TestScope scope;
  scope.names.emplace("a.b", MakeMap({{{Value::Text("c"), Value::Text("field")}}}));
  scope.names.emplace("x.a.b.c", Value::Text("whole"));
  EXPECT_EQ(Told(ValueOf("a.b.c", {}, scope)), "field");
  EXPECT_EQ(Told(ValueOf("a.b.c", {.container = "x.y"}, scope)), "whole");
  EXPECT_EQ(Told(ValueOf(".a.b.c", {.container = "x.y"}, scope)), "field");
  EXPECT_EQ(Told(ValueOf("[{'b': {'c': 1}}].map(a, a.b.c)", {.container = "x"}, scope)), "[1]");
  EXPECT_EQ(Told(ValueOf("[1].map(math, math.abs(math))", {}, scope)), "error");
  EXPECT_EQ(Result("days(2) == duration('48h')"), "true");
}

TEST(LimitTest, WhatTakesTooLongIsAnError) {
  const std::string list = "[1,2,3,4,5,6,7,8,9,10]";
  std::string nested = "true";
  for (int i = 0; i < 8; ++i) {
    nested = list + ".all(x, " + nested + ")";
  }
  EXPECT_EQ(Told(ValueOf(nested, {.step_limit = 10'000})), "error");
  EXPECT_EQ(Told(ValueOf("true || " + nested, {.step_limit = 10'000})), "true");
  EXPECT_EQ(Told(ValueOf(nested + " || true", {.step_limit = 10'000})), "error");
}

TEST(LimitTest, ValuesCannotGrowWithoutEnd) {
  std::string text = "size(x)";
  std::string equal = "x == x";
  std::string shown = "'%s'.format([x])";
  for (int i = 0; i < 60; ++i) {
    text = "cel.bind(x, x + x, " + text + ")";
    equal = "cel.bind(x, [x, x], " + equal + ")";
    shown = "cel.bind(x, [x, x], " + shown + ")";
  }
  EXPECT_EQ(Result("cel.bind(x, 'ab', " + text + ")"), "error");
  EXPECT_EQ(Result("cel.bind(x, ['ab'], " + text + ")"), "error");
  EXPECT_EQ(Result("cel.bind(x, 'ab', " + equal + ")"), "error");
  EXPECT_EQ(Result("cel.bind(x, 'ab', " + shown + ")"), "error");
}

TEST(TraceTest, HoldsWhatEverySubexpressionWasLast) {
  const auto ast = Parse("[1, 5].exists(x, x > 3) || u");
  ASSERT_TRUE(ast);
  EvaluationTrace trace;
  const TestScope scope;
  EXPECT_TRUE(Evaluate(*(*ast)->root, scope, {.trace = &trace}).IsTrue());
  const Expr& exists = *(*ast)->root->args[0];
  EXPECT_TRUE(trace.values.at(exists.id)->IsTrue());
  EXPECT_EQ(Told(*trace.values.at(exists.args[0]->args[0]->id)), "5");
  const std::uint32_t not_reached = (*ast)->root->args[1]->id;
  EXPECT_TRUE(trace.values.size() <= not_reached || !trace.values[not_reached]);
}

// A window that answers some calls and is a collection.
class Window : public Object {
 public:
  std::string_view TypeName() const override { return "window"; }
  Value Select(std::string_view field) const override {
    return field == "value" ? Value(3.5) : Value::Error("a window has no such field");
  }
  bool Has(std::string_view field) const override { return field == "value"; }
  Value Call(std::string_view function, std::span<const Value> arguments) const override {
    return function == "mean" && arguments.empty() ? Value(2.5) : Value::Error("no such call");
  }
  std::optional<ValueList> Elements() const override { return ValueList{Value(1.0), Value(4.0)}; }
};

TEST(ObjectTest, AnswersSelectionsCallsAndMacros) {
  TestScope scope;
  scope.names.emplace("w", Value(std::shared_ptr<const Object>(std::make_shared<Window>())));
  const auto result = [&](std::string_view source) { return Told(ValueOf(source, {}, scope)); };
  EXPECT_EQ(result("w.value + w.mean()"), "6");
  EXPECT_EQ(result("w.other"), "error");
  EXPECT_EQ(result("has(w.value) && !has(w.other)"), "true");
  EXPECT_EQ(result("w.?value.orValue(0.0)"), "3.5");
  EXPECT_EQ(result("w.?other.orValue(0.0)"), "0");
  EXPECT_EQ(result("w.exists(x, x > 3.0) && w.size() == 2 && size(w) == 2"), "true");
  EXPECT_EQ(result("4 in w && !(5 in w)"), "true");
  EXPECT_EQ(result("w[1]"), "4");
  EXPECT_EQ(result("w == w"), "error");
  EXPECT_EQ(result("w.median()"), "error");
}

}  // namespace
}  // namespace vedette::rules
