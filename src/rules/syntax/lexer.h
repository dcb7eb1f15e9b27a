// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "rules/syntax/ast.h"

namespace vedette::rules {

enum class TokenKind : std::uint8_t {
  kEnd,
  kName,        // an identifier, or a word of the language: true, in
  kQuotedName,  // `between backquotes`; text without them
  kInteger,     // value: uint64, without its sign
  kLiteral,     // value: uint, double, string or bytes
  kSymbol,      // operators and brackets
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Span span;
  std::string_view text;  // of the source
  LiteralValue value;
};

// The tokens of an expression and a last one of kind kEnd; comments and blanks are left out. Fails
// at the first character that has no place in one. Valid UTF-8 only; linear time.
std::expected<std::vector<Token>, Diagnostic> Tokenize(std::string_view source);

// A word that names nothing: true, false, null, in.
bool IsKeyword(std::string_view word);
// A word kept for other languages' sake: if, for, while … It may be a field's name only.
bool IsReservedWord(std::string_view word);

// How to write "14 d" or "26.5 umol": a number with a word after it.
std::string UnitSuggestion(std::string_view number, std::string_view unit);

}  // namespace vedette::rules
