// SPDX-License-Identifier: Apache-2.0
#include "app/commands/text_difference.h"

#include <gtest/gtest.h>

namespace vedette::app {
namespace {

TEST(TextDifferenceTest, MarksLinesThatGoAndCome) {
  EXPECT_EQ(LineDifference("a\nb\nc\n", "a\nx\nc\n"), "  a\n- b\n+ x\n  c\n");
  EXPECT_EQ(LineDifference("", "a\n"), "+ a\n");
  EXPECT_EQ(LineDifference("a\n", ""), "- a\n");
  EXPECT_EQ(LineDifference("a", "a\n"), "  a\n");
}

TEST(TextDifferenceTest, VeryLongTextsAreNotCompared) {
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "x\n";
  const std::string difference = LineDifference(many, "x\n");
  EXPECT_TRUE(difference.starts_with("- x\n"));
  EXPECT_TRUE(difference.ends_with("+ x\n"));
}

}  // namespace
}  // namespace vedette::app
