// SPDX-License-Identifier: Apache-2.0
#include "rules/syntax/mistake.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "rules/syntax/utf8.h"

namespace vedette::rules {
namespace {

std::string Quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string Lower(std::string_view word) {
  std::string out(word);
  for (char& c : out) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return out;
}

// Words that other languages use as operators, and what CEL writes.
std::string_view OperatorMeant(std::string_view word) {
  constexpr auto kWords =
      std::to_array<std::pair<std::string_view, std::string_view>>({{"and", "&&"},
                                                                    {"or", "||"},
                                                                    {"not", "!"},
                                                                    {"is", "=="},
                                                                    {"equals", "=="},
                                                                    {"eq", "=="},
                                                                    {"ne", "!="},
                                                                    {"gt", ">"},
                                                                    {"ge", ">="},
                                                                    {"lt", "<"},
                                                                    {"le", "<="},
                                                                    {"mod", "%"}});
  const std::string lower = Lower(word);
  const auto* found = std::ranges::find(kWords, std::string_view(lower),
                                        &std::pair<std::string_view, std::string_view>::first);
  return found == kWords.end() ? std::string_view{} : found->second;
}

const Token* Previous(const MistakeContext& context) {
  return context.next == 0 ? nullptr : &context.tokens[context.next - 1];
}

bool IsBracket(const Token& token, std::string_view brackets) {
  return token.kind == TokenKind::kSymbol && brackets.find(token.text) != std::string_view::npos;
}

std::string Place(std::string_view source, std::uint32_t at) {
  const std::string_view before = source.substr(0, at);
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t start = before.rfind('\n') + 1;
  return "line " + std::to_string(line) + ", column " +
         std::to_string(CountCodePoints(before.substr(start)) + 1);
}

std::string OpenPlace(const MistakeContext& context) {
  const Token& open = context.tokens[context.open.back()];
  return Quoted(open.text) + " of " + Place(context.source, open.span.begin);
}

Diagnostic Make(std::string code, Span span, std::string message, std::string suggestion = {}) {
  return {.code = std::move(code),
          .span = span,
          .message = std::move(message),
          .suggestion = std::move(suggestion)};
}

bool IsNumber(const Token& token) {
  return token.kind == TokenKind::kInteger ||
         (token.kind == TokenKind::kLiteral && std::holds_alternative<double>(token.value));
}

// What to write instead of `next` after the complete operand that ends with `previous`.
std::string MeantAfterOperand(const Token& previous, const Token& next, const Token* after_next) {
  if (previous.kind == TokenKind::kName && OperatorMeant(previous.text) == "!") {
    return "write ! for not";
  }
  if (next.kind == TokenKind::kName) {
    if (const std::string_view meant = OperatorMeant(next.text); !meant.empty() && meant != "!") {
      return "write " + std::string(meant);
    }
    const std::string lower = Lower(next.text);
    if (lower == "not") {
      return "x not in list is written !(x in list)";
    }
    if (lower == "between") {
      return "x between 1 and 5 is written x >= 1 && x <= 5";
    }
    if (lower == "like" || lower == "contains") {
      return "a text is searched with text.contains(\"part\")";
    }
    if (lower == "then" || lower == "else") {
      return "a choice is written condition ? value : other";
    }
    if (lower == "x" || lower == "times" || lower == "uln" || lower == "lln") {
      return "a multiple of a limit is written 3 * lab.ALT.uln, or lab.ALT.xuln > 3";
    }
    const bool qualified = after_next != nullptr && IsBracket(*after_next, ".(");
    if (!qualified && IsNumber(previous)) {
      return UnitSuggestion(previous.text, next.text);
    }
    return "conditions are joined with && or ||";
  }
  return {};
}

}  // namespace

Diagnostic UnexpectedAfterOperand(const MistakeContext& context) {
  const Token& next = context.tokens[context.next];
  const Token* previous = Previous(context);
  const Token* after_next =
      context.next + 1 < context.tokens.size() ? &context.tokens[context.next + 1] : nullptr;
  if (IsBracket(next, ")]}")) {
    return Make("unopened_bracket", next.span, "this " + Quoted(next.text) + " closes nothing",
                "delete it, or open it before");
  }
  if (next.kind == TokenKind::kSymbol) {
    std::string suggestion = next.text == "!" ? "different is written !=" : "";
    if (next.text == "," && previous != nullptr && IsNumber(*previous) && after_next != nullptr &&
        after_next->kind == TokenKind::kInteger) {
      suggestion = "decimals are written with a point: " + std::string(previous->text) + "." +
                   std::string(after_next->text);
    }
    return Make("unexpected_symbol", next.span, Quoted(next.text) + " has no place here",
                std::move(suggestion));
  }
  return Make("missing_operator", next.span, "an operator is missing before " + Quoted(next.text),
              previous == nullptr ? "" : MeantAfterOperand(*previous, next, after_next));
}

Diagnostic MissingOperand(const MistakeContext& context) {
  const Token& next = context.tokens[context.next];
  const Token* previous = Previous(context);
  if (previous == nullptr && next.kind == TokenKind::kEnd) {
    return Make("empty", next.span, "the condition is empty");
  }
  const std::string after =
      previous == nullptr ? "at the beginning" : "after " + Quoted(previous->text);
  if (next.kind == TokenKind::kEnd) {
    const std::string open = context.open.empty()
                                 ? "write what should stand there"
                                 : "the " + OpenPlace(context) + " is not closed either";
    return Make("missing_operand", next.span, "a value is missing " + after, open);
  }
  if (previous != nullptr && IsBracket(*previous, "(") && IsBracket(next, ")")) {
    return Make("missing_operand", next.span, "there is nothing between these parentheses");
  }
  std::string suggestion;
  if (previous != nullptr && next.kind == TokenKind::kSymbol) {
    const std::string together = std::string(previous->text) + std::string(next.text);
    if (together == "<>" || together == "=!") {
      suggestion = "write !=";
    } else if (together == "<==") {
      suggestion = "write <=";
    } else if (together == ">==") {
      suggestion = "write >=";
    } else if (together == "**") {
      suggestion = "a square is written x * x";
    }
  }
  return Make("missing_operand", next.span,
              "a value is missing " + after + ": " + Quoted(next.text) + " cannot stand here",
              suggestion);
}

Diagnostic MissingName(const MistakeContext& context) {
  const Token& next = context.tokens[context.next];
  return Make("missing_name", next.span, "a name is missing after the point",
              next.kind == TokenKind::kName
                  ? "a field with this name is written [\"" + std::string(next.text) + "\"]"
                  : "");
}

Diagnostic MissingClose(const MistakeContext& context, std::string_view bracket) {
  const Token& next = context.tokens[context.next];
  const std::string open = OpenPlace(context);
  if (next.kind == TokenKind::kEnd) {
    return Make("unclosed_bracket", context.tokens[context.open.back()].span,
                "the " + open + " is not closed", "add " + std::string(bracket));
  }
  if (IsBracket(next, ")]}")) {
    return Make("unclosed_bracket", next.span,
                "the " + open + " needs " + std::string(bracket) + ", not " + Quoted(next.text));
  }
  if (IsBracket(next, ",") || next.kind == TokenKind::kSymbol) {
    return Make("unexpected_symbol", next.span,
                Quoted(next.text) + " has no place inside the " + open);
  }
  return UnexpectedAfterOperand(context);
}

Diagnostic MissingElse(const MistakeContext& context, Span question) {
  return Make("missing_else", question, "this ? has no : after " + Quoted(Previous(context)->text),
              "a choice is written condition ? value : other");
}

Diagnostic MissingColon(const MistakeContext& context) {
  return Make("missing_colon", context.tokens[context.next].span, "a key of a map needs a value",
              "it is written {\"key\": value}");
}

Diagnostic ReservedWord(const Token& token) {
  return Make("reserved_word", token.span,
              Quoted(token.text) + " is a word of the language and cannot be a name",
              token.text == "if" || token.text == "else"
                  ? "a choice is written condition ? value : other"
                  : "");
}

Diagnostic BadMacro(const Token& name, std::string_view usage) {
  return Make("bad_macro", name.span, Quoted(name.text) + " is not written like this",
              "it is written " + std::string(usage));
}

std::optional<Diagnostic> OperatorWordAsFunction(const Token& name) {
  const std::string lower = Lower(name.text);
  if (lower != "not" && lower != "and" && lower != "or") {
    return std::nullopt;
  }
  return Make("operator_word", name.span, Quoted(name.text) + " is not a function",
              "write " + std::string(OperatorMeant(lower)));
}

}  // namespace vedette::rules
