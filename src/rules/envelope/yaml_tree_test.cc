// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "rules/envelope/yaml_writer.h"

namespace vedette::rules {
namespace {

Diagnostic FirstError(std::string_view text, const YamlLimits& limits = {}) {
  const auto tree = ParseYaml(text, limits);
  if (tree || tree.error().empty()) return {};
  return tree.error()[0];
}

TEST(YamlTreeTest, KeepsScalarsAsTheyWereWrittenAndTheirPlaces) {
  const std::string text = "a: 1.10\nb: [x, 'y z']\n";
  const auto tree = ParseYaml(text);
  ASSERT_TRUE(tree.has_value());
  EXPECT_EQ(tree->Find("a")->text, "1.10");
  const YamlNode* list = tree->Find("b");
  ASSERT_EQ(list->items.size(), 2U);
  EXPECT_EQ(list->items[1].text, "y z");
  EXPECT_TRUE(list->items[1].quoted);
  const Span span = list->items[1].span;
  EXPECT_EQ(text.substr(span.begin, span.end - span.begin), "'y z'");
}

TEST(YamlTreeTest, PlacesAreBytesThoughTextsAreChinese) {
  const std::string text = "a: 肝\nb: word\n";
  const auto tree = ParseYaml(text);
  ASSERT_TRUE(tree.has_value());
  const Span span = tree->Find("b")->span;
  EXPECT_EQ(text.substr(span.begin, span.end - span.begin), "word");
}

TEST(YamlTreeTest, AByteOrderMarkIsNoPartOfTheText) {
  const auto tree = ParseYaml("\xEF\xBB\xBFkey: v");
  ASSERT_TRUE(tree.has_value());
  EXPECT_EQ(tree->Find("key")->span.begin, 8U);
}

TEST(YamlTreeTest, RefusesWhatHidesMeaning) {
  EXPECT_EQ(FirstError("a: &x 1\nb: *x").code, "alias");
  EXPECT_EQ(FirstError("a: *x").code, "alias");
  EXPECT_EQ(FirstError("a: !!int 1").code, "tag");
  EXPECT_EQ(FirstError("a: 1\n---\nb: 2").code, "several_documents");
  EXPECT_EQ(FirstError("a: 1\na: 2").code, "duplicate_key");
  EXPECT_EQ(FirstError("? [a]\n: 1").code, "bad_key");
  EXPECT_EQ(FirstError("").code, "empty_file");
  EXPECT_EQ(FirstError("a: [1").code, "yaml_syntax");
  EXPECT_EQ(FirstError("a: \xFF").code, "yaml_syntax");
}

TEST(YamlTreeTest, ATextWithAColonGetsTheAdviceToQuoteIt) {
  const Diagnostic error = FirstError("when: a ? b : c");
  EXPECT_EQ(error.code, "yaml_syntax");
  EXPECT_THAT(error.suggestion, testing::HasSubstr("quotes"));
}

TEST(YamlTreeTest, IsBoundedInDepthNodesAndBytes) {
  EXPECT_EQ(FirstError(std::string(1000, '[')).code, "too_deep");
  EXPECT_EQ(FirstError("[1,2,3,4]", {.max_nodes = 3}).code, "too_large");
  EXPECT_EQ(FirstError("abcdef", {.max_bytes = 5}).code, "too_large");
}

TEST(YamlTreeTest, WhatIsWrittenReadsBack) {
  std::mt19937 random(7);
  const std::string_view pieces[] = {"a",  "Z",  " ",        "\n",           "\t", "\"", "'",
                                     "\\", ": ", "#",        "- ",           "{",  "}",  "1",
                                     ".",  "肝", "\xC2\x85", "\xE2\x80\xA8", "~"};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::size_t i = random() % 12; i > 0; --i) text += pieces[random() % std::size(pieces)];
    const std::string yaml =
        "a:\n  b: " + YamlText(text, 4) + "\n  c: [" + YamlScalar(text) + ", {d: 1}]\n";
    const auto tree = ParseYaml(yaml);
    ASSERT_TRUE(tree.has_value()) << yaml;
    EXPECT_EQ(tree->Find("a")->Find("b")->text, text) << yaml;
    EXPECT_EQ(tree->Find("a")->Find("c")->items[0].text, text) << yaml;
  }
}

}  // namespace
}  // namespace vedette::rules
