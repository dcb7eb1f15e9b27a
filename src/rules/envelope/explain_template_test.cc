// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/explain_template.h"

#include <gtest/gtest.h>

#include <string>

namespace vedette::rules {
namespace {

TEST(ExplainTemplateTest, SplitsTextPlacesAndFormats) {
  const auto parsed =
      ParseTemplate("ALT {lab.ALT.xuln:.1f}xULN on {lab.ALT.time:date}, {{raw}} {a ? b : c}");
  ASSERT_TRUE(parsed.has_value());
  ASSERT_EQ(parsed->parts.size(), 4U);
  EXPECT_EQ(parsed->parts[0].text, "ALT ");
  EXPECT_EQ(parsed->parts[0].source, "lab.ALT.xuln");
  EXPECT_EQ(parsed->parts[0].format, TemplateFormat::kFixed);
  EXPECT_EQ(parsed->parts[0].decimals, 1);
  EXPECT_EQ(parsed->parts[1].format, TemplateFormat::kDate);
  EXPECT_EQ(parsed->parts[2].text, ", {raw} ");
  EXPECT_EQ(parsed->parts[2].source, "a ? b : c");
  EXPECT_EQ(parsed->parts[2].format, TemplateFormat::kPlain);
  EXPECT_EQ(parsed->parts[3].source, "");
}

TEST(ExplainTemplateTest, BracesOfTheExpressionAreItsOwn) {
  const auto inner = ParseTemplate(R"(x {size({"a": "}"})} y)");
  ASSERT_TRUE(inner.has_value());
  EXPECT_EQ(inner->parts[0].source, R"(size({"a": "}"}))");
}

TEST(ExplainTemplateTest, TellsBracesThatDoNotFit) {
  EXPECT_EQ(ParseTemplate("{a").error()[0].code, "open_brace");
  EXPECT_EQ(ParseTemplate("a}").error()[0].code, "stray_brace");
  EXPECT_EQ(ParseTemplate("{'a}").error()[0].code, "open_brace");
  std::string many;
  for (int i = 0; i < 100; ++i) many += "{a}";
  EXPECT_FALSE(ParseTemplate(many).has_value());
}

}  // namespace
}  // namespace vedette::rules
