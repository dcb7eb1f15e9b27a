// SPDX-License-Identifier: Apache-2.0
#include "kit/config/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vedette::config {
namespace {

using testing::HasSubstr;

std::string ErrorOf(std::string_view text) {
  const auto document = LoadText(text, "a.yaml", {});
  return document ? "" : document.error().message;
}

TEST(DocumentTest, MalformedYamlTellsItsPlace) {
  EXPECT_THAT(ErrorOf("a:\n  - b\n c: d\n"), HasSubstr("a.yaml:3:"));
  EXPECT_THAT(ErrorOf("a: [1, 2"), HasSubstr("not valid YAML"));
  EXPECT_THAT(ErrorOf("a: *nothing"), HasSubstr("not valid YAML"));
  EXPECT_THAT(ErrorOf("a: \"unterminated"), HasSubstr("not valid YAML"));
}

TEST(DocumentTest, OnlyAMapIsAConfiguration) {
  EXPECT_THAT(ErrorOf("- a\n- b\n"), HasSubstr("a.yaml:1:1"));
  EXPECT_THAT(ErrorOf("just text"), HasSubstr("must be lines of"));
  EXPECT_THAT(ErrorOf("a: 1\n---\nb: 2\n"), HasSubstr("more than one YAML document"));
  EXPECT_THAT(ErrorOf("[a]: 1"), HasSubstr("a key that is not plain text"));
}

TEST(DocumentTest, SizeAndDepthAreLimited) {
  EXPECT_THAT(ErrorOf(std::string(kDocumentLimit + 1, '#')), HasSubstr("larger than 1 MiB"));
  EXPECT_EQ(ErrorOf("a: " + std::string(20, '[') + std::string(20, ']')), "");
  EXPECT_THAT(ErrorOf("a: " + std::string(40, '[') + std::string(40, ']')),
              HasSubstr("more than 32 levels"));
  EXPECT_NE(ErrorOf("a: " + std::string(100'000, '[')), "");
}

TEST(DocumentTest, AliasesShareInsteadOfMultiplying) {
  // Written out, 9^9 items.
  std::string bomb = "l0: &l0 [x]\n";
  for (int level = 1; level <= 9; ++level) {
    const std::string previous = "*l" + std::to_string(level - 1);
    bomb += "l" + std::to_string(level) + ": &l" + std::to_string(level) + " [";
    for (int i = 0; i < 9; ++i) bomb += (i > 0 ? ", " : "") + previous;
    bomb += "]\n";
  }
  const auto document = LoadText(bomb, "a.yaml", {});
  ASSERT_TRUE(document) << document.error().message;
  const auto& entries = document->root->entries;
  ASSERT_EQ(entries.size(), 10U);
  EXPECT_EQ(entries[9].value->items[0].get(), entries[8].value.get());
}

TEST(DocumentTest, AnAliasInsideItsOwnAnchorIsRefused) {
  EXPECT_THAT(ErrorOf("a: &a [*a]"), HasSubstr("alias inside its own anchor"));
}

TEST(DocumentTest, AMissingFileIsNotFound) {
  const auto document = LoadFile("/nonexistent/vedette.yaml", {});
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, Code::kNotFound);
}

TEST(DocumentTest, NoByteSoupBreaksTheReader) {
  // Each prefix and each single-byte change of a valid text is read or refused, never worse.
  const std::string text = "a: &x {b: [1, \"two\"], c: ${D:e}}\nf: *x\n";
  for (std::size_t i = 0; i < text.size(); ++i) {
    (void)LoadText(text.substr(0, i), "a.yaml", {});
    for (const char c : {'\0', '\xff', '{', '\t', '&'}) {
      std::string changed = text;
      changed[i] = c;
      (void)LoadText(changed, "a.yaml", {});
    }
  }
}

}  // namespace
}  // namespace vedette::config
