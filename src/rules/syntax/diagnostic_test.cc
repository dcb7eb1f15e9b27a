// SPDX-License-Identifier: Apache-2.0
#include "rules/syntax/diagnostic.h"

#include <gtest/gtest.h>

#include "rules/syntax/utf8.h"

namespace vedette::rules {
namespace {

Diagnostic At(std::uint32_t begin, std::uint32_t end) {
  return {.code = "x", .span = {begin, end}, .message = "wrong", .suggestion = "right"};
}

TEST(RenderTest, ShowsTheLineWithACaretUnderTheSpan) {
  EXPECT_EQ(Render("a &&\nlab.ATL > 3.0", At(5, 12)),
            "line 2: lab.ATL > 3.0\n"
            "        ^^^^^^^ wrong; right");
}

TEST(RenderTest, ColumnsCountCharacters) {
  EXPECT_EQ(Render("'né🐱' + x", At(12, 13)),
            "line 1: 'né🐱' + x\n"
            "                ^ wrong; right");
}

TEST(RenderTest, ASpanOverSeveralLinesIsMarkedInItsFirst) {
  EXPECT_EQ(Render("f(a,\n  b)", At(0, 9)), "line 1: f(a,\n        ^^^^ wrong; right");
}

TEST(RenderTest, LongLinesAreCutAroundTheSpan) {
  const std::string source = std::string(500, 'a') + " + bbb + " + std::string(500, 'c');
  const std::string text = Render(source, At(503, 506));
  const std::string first = text.substr(0, text.find('\n'));
  const std::string second = text.substr(text.find('\n') + 1);
  EXPECT_EQ(CountCodePoints(first), 108U);
  EXPECT_EQ(first.find("bbb"), second.find("^^^"));
}

TEST(RenderTest, SurvivesSpansAndBytesThatMakeNoSense) {
  EXPECT_EQ(Render("", At(7, 3)), "line 1: \n        ^ wrong; right");
  EXPECT_EQ(Render("\xff\t\x01", At(1, 99)), "line 1: ? ?\n         ^^ wrong; right");
  EXPECT_EQ(Render("a\n", At(2, 2)), "line 2: \n        ^ wrong; right");
}

}  // namespace
}  // namespace vedette::rules
