// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "rules/syntax/lexer.h"

namespace vedette::rules {

// Where the parser is when it cannot go on. Each function below says in plain words what is wrong
// there, and what its author may have meant.
struct MistakeContext {
  std::string_view source;
  std::span<const Token> tokens;
  std::size_t next;                     // the token it cannot take
  std::span<const std::uint32_t> open;  // tokens: brackets not closed yet
};

// An operand is complete and something follows that joins nothing to it.
Diagnostic UnexpectedAfterOperand(const MistakeContext& context);
// A value should stand here.
Diagnostic MissingOperand(const MistakeContext& context);
// A name should stand after a point.
Diagnostic MissingName(const MistakeContext& context);
// The innermost open bracket should be closed here, or a comma follow.
Diagnostic MissingClose(const MistakeContext& context, std::string_view bracket);
// `question` is the "?" whose ":" is missing.
Diagnostic MissingElse(const MistakeContext& context, Span question);
// A map's key without value.
Diagnostic MissingColon(const MistakeContext& context);
Diagnostic ReservedWord(const Token& token);
Diagnostic BadMacro(const Token& name, std::string_view usage);
// not(x), and(x, y): operators of other languages written as functions.
std::optional<Diagnostic> OperatorWordAsFunction(const Token& name);

}  // namespace vedette::rules
