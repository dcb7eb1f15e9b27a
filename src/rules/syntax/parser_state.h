// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/syntax/lexer.h"
#include "rules/syntax/macro.h"
#include "rules/syntax/mistake.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {

struct BinaryOperator {
  std::string_view symbol;
  std::string_view function;
  int level;  // the higher, the tighter it binds
};

// A subtree and its height. Null after a mistake.
struct Node {
  ExprPtr expr;
  std::uint32_t height = 0;
  explicit operator bool() const { return expr != nullptr; }
};

// Recursive descent over the tokens of one expression. A Node that is null says that the mistake is
// noted and that all above it return at once.
class Parser {
 public:
  Parser(std::string_view source, std::vector<Token> tokens, const ParserOptions& options)
      : source_(source), tokens_(std::move(tokens)), options_(options) {}

  std::expected<std::shared_ptr<const Ast>, Diagnostics> Run();

 private:
  const Token& Peek(std::size_t ahead = 0) const {
    return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
  }
  bool Sees(std::string_view text) const {
    const TokenKind kind = Peek().kind;
    return (kind == TokenKind::kSymbol || kind == TokenKind::kName) && Peek().text == text;
  }
  bool Accept(std::string_view text) {
    const bool seen = Sees(text);
    next_ += seen ? 1 : 0;
    return seen;
  }
  std::uint32_t LastEnd() const { return next_ == 0 ? 0 : tokens_[next_ - 1].span.end; }
  MistakeContext Context() const { return {source_, tokens_, next_, open_}; }

  Node Fail(Diagnostic mistake);

  // A node of a kind, with its height above its children, as far as limits allow.
  Node Make(ExprKind kind, std::uint32_t begin, Span name_span, std::uint32_t children_height);
  Diagnostic TooDeep(Span span) const;
  Node Call(std::string_view function,
            std::uint32_t begin,
            Span name_span,
            std::vector<Node> nodes);
  template <class... Nodes>
  Node CallOf(std::string_view function, std::uint32_t begin, Span name_span, Nodes... nodes) {
    std::vector<Node> list;
    (list.push_back(std::move(nodes)), ...);
    return Call(function, begin, name_span, std::move(list));
  }

  Node Expression();
  Node Conditional();
  const BinaryOperator* SeesBinary(int level) const;
  Node Binary(int level);
  Node Unary();
  static bool IsNegatable(const Token& token);

  Node Member();
  Node Selection(Node target, std::uint32_t begin);
  Node Index(Node target, std::uint32_t begin);

  void Open();
  bool Close(std::string_view bracket);

  // The items up to the closing bracket; `item` reads one.
  template <class Item>
  bool Sequence(std::string_view bracket, Item item) {
    Open();
    while (!Sees(bracket)) {
      if (!item()) {
        return false;
      }
      if (!Accept(",")) {
        break;
      }
      if (Sees(bracket) && bracket == ")") {
        Fail(MissingOperand(Context()));
        return false;
      }
    }
    return Close(bracket);
  }

  std::optional<std::vector<Node>> Arguments();
  Node MethodCall(Node target, std::uint32_t begin, const Token& name);
  Node Bind(std::uint32_t begin, const Token& name, std::vector<Node> arguments);
  Node Macro(const MacroForm& form,
             Node target,
             std::uint32_t begin,
             const Token& name,
             std::vector<Node> arguments);
  Node WithVariables(ExprKind kind,
                     std::uint32_t begin,
                     const Token& name,
                     Node target,
                     std::vector<Node> arguments,
                     std::size_t variables);
  static bool IsVariable(const Expr& expr);

  Node Primary();
  Node Literal(std::uint32_t begin, LiteralValue value);
  Node Integer(bool negative);
  Node Bracketed();
  Node Name();
  Node Identifier(std::uint32_t begin, std::string_view dot);
  Node Has(std::uint32_t begin, const Token& name, std::vector<Node> arguments);

  Node List();
  Node Map();
  Node Collection(ExprKind kind, Span bracket, std::vector<Node> items, std::vector<bool> optional);

  static void Number(Expr& expr, std::uint32_t& next);

  std::string_view source_;
  std::vector<Token> tokens_;
  const ParserOptions& options_;
  std::size_t next_ = 0;
  std::vector<std::uint32_t> open_;  // tokens: brackets not closed yet
  std::uint32_t nodes_ = 0;
  std::uint32_t depth_ = 0;
  std::optional<Diagnostic> mistake_;
};

}  // namespace vedette::rules
