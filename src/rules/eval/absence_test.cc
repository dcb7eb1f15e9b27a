// SPDX-License-Identifier: Apache-2.0
// Unknown and error values: what absorbs them, and numbers known only as intervals.
#include "rules/eval/test_scope.h"

namespace vedette::rules {
namespace {

struct Row {
  std::string_view source;
  std::string_view result;
};

class AbsenceTest : public testing::TestWithParam<Row> {};

TEST_P(AbsenceTest, Holds) { EXPECT_EQ(Result(GetParam().source), GetParam().result); }

INSTANTIATE_TEST_SUITE_P(Logic,
                         AbsenceTest,
                         testing::Values(Row{"true && u", "unknown"},
                                         Row{"false && u", "false"},
                                         Row{"u && false", "false"},
                                         Row{"u && u", "unknown"},
                                         Row{"true && e", "error"},
                                         Row{"e && false", "false"},
                                         Row{"u && e", "unknown"},
                                         Row{"e && u", "unknown"},
                                         Row{"true || u", "true"},
                                         Row{"u || true", "true"},
                                         Row{"false || u", "unknown"},
                                         Row{"e || true", "true"},
                                         Row{"e || u", "unknown"},
                                         Row{"u || e", "unknown"},
                                         Row{"e || false", "error"},
                                         Row{"1 && false", "false"},
                                         Row{"1 && u", "unknown"},
                                         Row{"1 && true", "error"},
                                         Row{"!u", "unknown"},
                                         Row{"!e", "error"},
                                         Row{"u ? 1 : 1", "unknown"},
                                         Row{"e ? 1 : 1", "error"},
                                         Row{"true ? 1 : u", "1"},
                                         Row{"false ? e : 2", "2"}));

INSTANTIATE_TEST_SUITE_P(Calls,
                         AbsenceTest,
                         testing::Values(Row{"u + 1", "unknown"},
                                         Row{"u == u", "unknown"},
                                         Row{"u == e", "unknown"},
                                         Row{"e == u", "unknown"},
                                         Row{"e > 1", "error"},
                                         Row{"size(u)", "unknown"},
                                         Row{"math.greatest(u, e)", "unknown"},
                                         Row{"u.field", "unknown"},
                                         Row{"e.field", "error"},
                                         Row{"has(u.field)", "false"},
                                         Row{"u.method(e)", "unknown"},
                                         Row{"e.method(u)", "unknown"},
                                         Row{"'a'.startsWith(u)", "unknown"},
                                         Row{"days(u)", "unknown"},
                                         Row{"[1][u]", "unknown"},
                                         Row{"u[0]", "unknown"},
                                         Row{"missing", "error"},
                                         Row{"missing()", "error"},
                                         Row{"type(u)", "unknown"}));

INSTANTIATE_TEST_SUITE_P(Collections,
                         AbsenceTest,
                         testing::Values(Row{"size([u, 1])", "2"},
                                         Row{"[u, 1][1]", "1"},
                                         Row{"[u, e]", "error"},
                                         Row{"1 in [u, 1]", "true"},
                                         Row{"2 in [u, 1]", "unknown"},
                                         Row{"[u, 1] == [3, 2]", "false"},
                                         Row{"[u, 1] == [3, 1]", "unknown"},
                                         Row{"[u] == [1, 2]", "false"},
                                         Row{"{'a': u} == {'a': 1}", "unknown"},
                                         Row{"{'a': u, 'b': 1} == {'a': 1, 'b': 2}", "false"},
                                         Row{"{'a': u}.b", "error"},
                                         Row{"{u: 1}", "unknown"},
                                         Row{"{'a': e}", "error"},
                                         Row{"{'a': u}['a']", "unknown"},
                                         Row{"[u].join()", "unknown"},
                                         Row{"'%s'.format([u])", "unknown"},
                                         Row{"math.greatest([u, 1])", "unknown"},
                                         Row{"optional.of(1).optMap(x, u)", "unknown"},
                                         Row{"{'a': u}.?a", "unknown"}));

INSTANTIATE_TEST_SUITE_P(Macros,
                         AbsenceTest,
                         testing::Values(Row{"[1, 2].all(x, x > 1 ? u : false)", "false"},
                                         Row{"[1, 2].all(x, x > 1 ? u : true)", "unknown"},
                                         Row{"[1, 2].all(x, x > 1 ? u : e)", "unknown"},
                                         Row{"[1, 2].exists(x, x > 1 ? true : u)", "true"},
                                         Row{"[1, 2].exists(x, x > 1 ? e : u)", "unknown"},
                                         Row{"[u, true].exists(x, x)", "true"},
                                         Row{"[1, 2].exists_one(x, x > 1 ? true : u)", "unknown"},
                                         Row{"[1, 2, 3].exists_one(x, x > 1 ? true : u)", "false"},
                                         Row{"[1, 2, 3].exists_one(x, x > 1 ? true : e)", "error"},
                                         Row{"[1, 2].filter(x, u)", "unknown"},
                                         Row{"[1, 2].map(x, x > 1 ? u : x)[0]", "1"},
                                         Row{"[1, 2].map(x, e)", "error"},
                                         Row{"u.all(x, true)", "unknown"},
                                         Row{"cel.bind(x, u, true)", "true"}));

INSTANTIATE_TEST_SUITE_P(CountTrue,
                         AbsenceTest,
                         testing::Values(Row{"[true, false, true].count_true()", "2"},
                                         Row{"[].count_true()", "0"},
                                         Row{"[true, u, u].count_true()", "1..3"},
                                         Row{"[true, true, u].count_true() >= 2", "true"},
                                         Row{"[true, u].count_true() >= 2", "unknown"},
                                         Row{"[false, u].count_true() >= 2", "false"},
                                         Row{"[true, u].count_true() == 3", "false"},
                                         Row{"[true, 1].count_true()", "error"}));

INSTANTIATE_TEST_SUITE_P(Intervals,
                         AbsenceTest,
                         testing::Values(Row{"low < 3.5", "true"},
                                         Row{"low < 3.42", "unknown"},
                                         Row{"low <= 3.42", "true"},
                                         Row{"low > 3.42", "false"},
                                         Row{"low >= 0", "true"},
                                         Row{"low > 0u", "unknown"},
                                         Row{"low < high", "true"},
                                         Row{"low == high", "false"},
                                         Row{"low == low", "unknown"},
                                         Row{"low != 4.0", "true"},
                                         Row{"low == 'x'", "false"},
                                         Row{"low + 1", "1..4.42"},
                                         Row{"1.0 - high", "-19..-9"},
                                         Row{"-high", "-20..-10"},
                                         Row{"high * -2", "-40..-20"},
                                         Row{"(low - 1) * high", "-20..48.4"},
                                         Row{"high / 2.0", "5..10"},
                                         Row{"1 / high", "0.05..0.1"},
                                         Row{"1.0 / low", "unknown"},
                                         Row{"high % 2", "error"},
                                         Row{"high + 'x'", "error"},
                                         Row{"math.abs(low - 2)", "0..2"},
                                         Row{"math.floor(high / 3.0)", "3..6"},
                                         Row{"math.greatest(low, 2)", "2..3.42"},
                                         Row{"math.least(low, high, 1)", "0..1"},
                                         Row{"math.sqrt(low - 1)", "unknown"},
                                         Row{"string(low)", "unknown"},
                                         Row{"int(low)", "unknown"},
                                         Row{"double(low) < 4", "true"},
                                         Row{"type(low) == double", "true"},
                                         Row{"low in [5, 6]", "false"},
                                         Row{"low in [1, 6]", "unknown"}));

INSTANTIATE_TEST_SUITE_P(Division,
                         AbsenceTest,
                         testing::Values(Row{"1 / 0", "unknown"},
                                         Row{"1 % 0", "unknown"},
                                         Row{"1.0 / 0.0", "unknown"},
                                         Row{"1u / 0u", "unknown"},
                                         Row{"1.0 / 0 > 1 || true", "true"}));

TEST(DivisionTest, InfinityLessInfinityIsMissingToARule) {
  EXPECT_EQ(Told(ValueOf("1e308 * 10.0 - 1e308 * 10.0 > 0.0")), "unknown");
  EXPECT_EQ(Told(ValueOf("1e308 * 10.0 > 0.0")), "true");
}

TEST(DivisionTest, DivisionByZeroMayBeThatOfCel) {
  EXPECT_EQ(CelResult("1 / 0"), "error");
  EXPECT_EQ(CelResult("1 % 0"), "error");
  EXPECT_EQ(CelResult("-1.0 / 0.0"), "-Infinity");
  EXPECT_EQ(CelResult("0.0 / 0.0"), "NaN");
}

}  // namespace
}  // namespace vedette::rules
