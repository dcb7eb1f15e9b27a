// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

std::string Formatted(std::string_view source, std::size_t width = 100) {
  const auto ast = Parse(source);
  EXPECT_TRUE(ast) << source << (ast ? "" : Render(source, ast.error()[0]));
  return ast ? Format(*(*ast)->root, width) : "";
}

TEST(FormatTest, OneSpaceAroundOperatorsAndNoNeedlessParentheses) {
  EXPECT_EQ(Formatted("((a)+b*(c))>(3)"), "a + b * c > 3");
  EXPECT_EQ(Formatted("(a+b)*c-(d-e)"), "(a + b) * c - (d - e)");
  EXPECT_EQ(Formatted("!(a&&b)||(c?d:e)"), "!(a && b) || (c ? d : e)");
  EXPECT_EQ(Formatted("a?(b?c:d):(e?f:g)"), "a ? (b ? c : d) : e ? f : g");
  EXPECT_EQ(Formatted("xs . all( x , x>1.50 )"), "xs.all(x, x > 1.5)");
  EXPECT_EQ(Formatted("a in['x',\"y\"]"), "a in [\"x\", \"y\"]");
  EXPECT_EQ(Formatted("lab.CREAT.in('mg/dL').value"), "lab.CREAT.in(\"mg/dL\").value");
  EXPECT_EQ(Formatted("{?'a':1}.?a[?0]"), "{?\"a\": 1}.?a[?0]");
  EXPECT_EQ(Formatted("a.`b-c`.`d`"), "a.`b-c`.d");
  EXPECT_EQ(Formatted("(-1).f() + -(1) - --1"), "(-1).f() + -(1) - --1");
  EXPECT_EQ(Formatted("-(1.5.f())"), "-(1.5.f())");
}

TEST(FormatTest, LinesBreakBeforeLogicalOperators) {
  EXPECT_EQ(Formatted("alpha > 1 && (beta > 2 || gamma > 3) && delta", 26),
            "alpha > 1\n"
            "&& (beta > 2 || gamma > 3)\n"
            "&& delta");
  EXPECT_EQ(Formatted("alpha > 1 && (beta > 2 || gamma > 3) && delta", 20),
            "alpha > 1\n"
            "&& (beta > 2\n"
            "    || gamma > 3)\n"
            "&& delta");
}

// Random trees, as text with random parentheses.
class Writer {
 public:
  explicit Writer(std::uint64_t seed) : random_(seed) {}

  std::string Write(int depth) {
    const std::string text = depth == 0 ? Leaf() : Inner(depth - 1);
    return Pick(4) == 0 || depth > 0 ? "(" + text + ")" : text;
  }

 private:
  std::size_t Pick(std::size_t count) { return random_() % count; }

  std::string Leaf() {
    static constexpr const char* kLeaves[] = {"a",      ".b",       "1",     "-2",   "3u",
                                              "4.5",    "-0.0",     "1e300", "true", "null",
                                              "'t\\n'", "b'\\xff'", "[]",    "{}",   "0x1f"};
    return kLeaves[Pick(std::size(kLeaves))];
  }

  std::string Inner(int depth) {
    static constexpr const char* kBinary[] = {
        "+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "&&", "||", "in"};
    switch (Pick(9)) {
      case 0:
        return "-" + Write(depth);
      case 1:
        return "!" + Write(depth);
      case 2:
        return Write(depth) + " ? " + Write(depth) + " : " + Write(depth);
      case 3:
        return Write(depth) + ".f(" + Write(depth) + ")";
      case 4:
        return Write(depth) + "[" + Write(depth) + "]";
      case 5:
        return "[?" + Write(depth) + ", " + Write(depth) + "].map(x, " + Write(depth) + ")";
      case 6:
        return "{" + Write(depth) + ": " + Write(depth) + "}.?b.c";
      default:
        return Write(depth) + " " + kBinary[Pick(std::size(kBinary))] + " " + Write(depth);
    }
  }

  std::mt19937_64 random_;
};

TEST(FormatTest, ParsingWhatIsFormattedGivesTheSameTree) {
  Writer writer(20261121);
  for (int i = 0; i < 3'000; ++i) {
    const std::string source = writer.Write(i % 5);
    const auto ast = Parse(source);
    ASSERT_TRUE(ast) << source << "\n" << Render(source, ast.error()[0]);
    for (const std::size_t width : {std::size_t{20}, std::size_t{100}}) {
      const std::string text = Format(*(*ast)->root, width);
      const auto again = Parse(text);
      ASSERT_TRUE(again) << source << "\n" << Render(text, again.error()[0]);
      EXPECT_TRUE(SameTree(*(*ast)->root, *(*again)->root)) << source << "\n" << text;
      EXPECT_EQ(Format(*(*again)->root, width), text);
    }
  }
}

}  // namespace
}  // namespace vedette::rules
