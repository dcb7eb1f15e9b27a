// SPDX-License-Identifier: Apache-2.0
#include "rules/syntax/lexer.h"

#include <gtest/gtest.h>

#include "rules/syntax/literal.h"

namespace vedette::rules {
namespace {

LiteralValue ValueOf(std::string_view source) {
  const auto tokens = Tokenize(source);
  EXPECT_TRUE(tokens) << source;
  return tokens ? (*tokens)[0].value : LiteralValue();
}

std::string CodeOf(std::string_view source) {
  const auto tokens = Tokenize(source);
  return tokens ? "" : tokens.error().code;
}

TEST(LexerTest, TextsAndTheirEscapes) {
  EXPECT_EQ(ValueOf(R"('a\n\x41\101\u00e9\U0001f431\'')"), LiteralValue(std::string("a\nAAé🐱'")));
  EXPECT_EQ(ValueOf(R"(r"\d+")"), LiteralValue(std::string("\\d+")));
  EXPECT_EQ(ValueOf("'''a\n'b'''"), LiteralValue(std::string("a\n'b")));
  EXPECT_EQ(ValueOf("''''a'''"), LiteralValue(std::string("'a")));
  EXPECT_EQ(ValueOf(R"(b"\xff\377é")"), LiteralValue(BytesLiteral{"\xff\xff\xc3\xa9"}));
  EXPECT_EQ(ValueOf(R"(bR"\x")"), LiteralValue(BytesLiteral{"\\x"}));
}

TEST(LexerTest, WrongTextsAreRefused) {
  EXPECT_EQ(CodeOf("'abc"), "unterminated_text");
  EXPECT_EQ(CodeOf("'a\nb'"), "unterminated_text");
  EXPECT_EQ(CodeOf("'''abc''"), "unterminated_text");
  EXPECT_EQ(CodeOf(R"('abc\')"), "unterminated_text");
  EXPECT_EQ(CodeOf(R"('\d')"), "bad_escape");
  EXPECT_EQ(CodeOf(R"('\x4')"), "bad_escape");
  EXPECT_EQ(CodeOf(R"('\ud800')"), "bad_escape");
  EXPECT_EQ(CodeOf(R"('\U00110000')"), "bad_escape");
  EXPECT_EQ(CodeOf(R"(b'\u0041')"), "bad_escape");
  EXPECT_EQ(CodeOf(R"('\477')"), "bad_escape");
}

TEST(LexerTest, Numbers) {
  EXPECT_EQ(ValueOf("0x1F"), LiteralValue(std::uint64_t{31}));
  EXPECT_EQ(ValueOf("18446744073709551615u"), LiteralValue(UINT64_MAX));
  EXPECT_EQ(ValueOf("1.5e3"), LiteralValue(1500.0));
  EXPECT_EQ(ValueOf(".5"), LiteralValue(0.5));
  EXPECT_EQ(ValueOf("1e-400"), LiteralValue(0.0));
  EXPECT_EQ(CodeOf("1e400"), "bad_number");
  EXPECT_EQ(CodeOf("0x"), "bad_number");
  EXPECT_EQ(CodeOf("14d"), "bad_number");
}

TEST(LexerTest, CommentsAndBlanksSeparate) {
  const auto tokens = Tokenize("a // not b\n && c//");
  ASSERT_TRUE(tokens);
  ASSERT_EQ(tokens->size(), 4U);
  EXPECT_EQ((*tokens)[1].text, "&&");
  EXPECT_EQ((*tokens)[3].kind, TokenKind::kEnd);
}

TEST(LexerTest, DoublesAreWrittenAsTheyAreRead) {
  for (const double value : {0.0, -0.0, 1.0, 0.1, 1e22, 5e-324, 1.7976931348623157e308}) {
    EXPECT_EQ(ReadDouble(WriteDouble(value)), value) << value;
  }
  EXPECT_EQ(WriteDouble(3), "3.0");
  EXPECT_EQ(ReadDouble("0." + std::string(400, '0') + "1"), 0.0);
  EXPECT_EQ(ReadDouble(std::string(400, '1')), std::nullopt);
  EXPECT_EQ(ReadDouble("1e-99999999999999999999"), 0.0);
  EXPECT_EQ(ReadDouble("1e99999999999999999999"), std::nullopt);
  EXPECT_EQ(ReadDouble("0e99999999999999999999"), 0.0);
  EXPECT_EQ(ReadDouble("nan"), std::nullopt);
  EXPECT_EQ(ReadDouble("-"), std::nullopt);
  EXPECT_EQ(ReadDouble("1e"), std::nullopt);
  EXPECT_EQ(ReadDouble("0x1p3"), std::nullopt);
}

}  // namespace
}  // namespace vedette::rules
