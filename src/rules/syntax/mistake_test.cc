// SPDX-License-Identifier: Apache-2.0
// What a data manager is told about a condition that does not parse.
#include <gtest/gtest.h>

#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

struct Mistake {
  std::string_view source;
  std::string_view code;
  std::string_view part;  // of what the author is told
};

class MistakeTest : public testing::TestWithParam<Mistake> {};

TEST_P(MistakeTest, IsToldWithWhatWasMeant) {
  const auto ast = Parse(GetParam().source);
  ASSERT_FALSE(ast) << GetParam().source;
  const Diagnostic& told = ast.error().at(0);
  EXPECT_EQ(told.code, GetParam().code) << told.message;
  const std::string text = Render(GetParam().source, told);
  EXPECT_NE(text.find(GetParam().part), std::string::npos) << text;
  EXPECT_LE(told.span.end, GetParam().source.size());
  EXPECT_LE(told.span.begin, told.span.end);
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes,
    MistakeTest,
    testing::Values(
        Mistake{"a = 1", "unexpected_character", "write =="},
        Mistake{"a === 1", "unexpected_character", "write =="},
        Mistake{"a <> 1", "unexpected_character", "write !="},
        Mistake{"a => 1", "unexpected_character", "write >="},
        Mistake{"a =< 1", "unexpected_character", "write <="},
        Mistake{"a ≥ 1", "unexpected_character", "write >="},
        Mistake{"a ＞ 1", "unexpected_character", "write >"},
        Mistake{"a & b", "unexpected_character", "write &&"},
        Mistake{"a | b", "unexpected_character", "write ||"},
        Mistake{"a == “F”", "unexpected_character", "write \""},
        Mistake{"f（x）", "unexpected_character", "write ("},
        Mistake{"a\u00A0> 1", "unexpected_character", "type a space"},
        Mistake{"a ; b", "unexpected_character", "';' has no meaning here"},
        Mistake{"a and b", "missing_operator", "write &&"},
        Mistake{"a OR b", "missing_operator", "write ||"},
        Mistake{"not a", "missing_operator", "write ! for not"},
        Mistake{"not(a)", "operator_word", "write !"},
        Mistake{"a not in [1]", "missing_operator", "!(x in list)"},
        Mistake{"a between 1 and 5", "missing_operator", "x >= 1 && x <= 5"},
        Mistake{"a is 1", "missing_operator", "write =="},
        Mistake{"if a then b", "reserved_word", "condition ? value : other"},
        Mistake{"a ? b", "missing_else", "condition ? value : other"},
        Mistake{"a > 5 mg", "missing_operator", "quantity(5, \"mg\")"},
        Mistake{"a > 14 days", "missing_operator", "days(14)"},
        Mistake{"a > 3,0", "unexpected_symbol", "written with a point: 3.0"},
        Mistake{"a > 3 x ULN", "missing_operator", "3 * lab.ALT.uln"},
        Mistake{"a > 3 b.c > 4", "missing_operator", "joined with && or ||"},
        Mistake{"a > 14d", "bad_number", "days(14)"},
        Mistake{"(a && (b || c)", "unclosed_bracket", "'(' of line 1, column 1 is not closed"},
        Mistake{"a &&\n  f(b", "unclosed_bracket", "'(' of line 2, column 4 is not closed"},
        Mistake{"(a]", "unclosed_bracket", "needs ), not ']'"},
        Mistake{"a)", "unopened_bracket", "closes nothing"},
        Mistake{"a &&", "missing_operand", "a value is missing after '&&'"},
        Mistake{"&& a", "missing_operand", "at the beginning"},
        Mistake{"a && || b", "missing_operand", "a value is missing after '&&'"},
        Mistake{"a ** 2", "missing_operand", "x * x"},
        Mistake{"()", "missing_operand", "nothing between"},
        Mistake{"f(a,)", "missing_operand", "a value is missing after ','"},
        Mistake{"", "empty", "the condition is empty"},
        Mistake{"  // only a comment", "empty", "the condition is empty"},
        Mistake{"lab.", "missing_name", "a name is missing"},
        Mistake{"a.in", "missing_name", "[\"in\"]"},
        Mistake{"{1}", "missing_colon", "{\"key\": value}"},
        Mistake{"xs.all(x)", "bad_macro", "list.all(x, condition on x)"},
        Mistake{"xs.all(x.y, true)", "bad_macro", "list.all(x, condition on x)"},
        Mistake{"has(x)", "bad_macro", "has(row.FIELD)"},
        Mistake{"a.`b", "bad_name", "does not end"},
        Mistake{"'abc", "unterminated_text", "no closing '"},
        Mistake{"\"\\d\"", "bad_escape", "written \\\\"},
        Mistake{"a ! b", "unexpected_symbol", "different is written !="},
        Mistake{"\xff", "not_utf8", "UTF-8"}));

}  // namespace
}  // namespace vedette::rules
