// SPDX-License-Identifier: Apache-2.0
// Literals, names, brackets, and the selections that follow them.
#include "rules/syntax/parser_state.h"

namespace vedette::rules {

Node Parser::Member() {
  const std::uint32_t begin = Peek().span.begin;
  Node node = Primary();
  while (node) {
    if (Accept(".")) {
      node = Selection(std::move(node), begin);
    } else if (Sees("[")) {
      node = Index(std::move(node), begin);
    } else {
      break;
    }
  }
  return node;
}

Node Parser::Selection(Node target, std::uint32_t begin) {
  const bool optional = Accept("?");
  const Token& name = Peek();
  const bool quoted = name.kind == TokenKind::kQuotedName;
  // s.in("umol/L") of the clinical library: the one keyword that is a method's name too.
  const bool method_in = name.text == "in" && !optional && Peek(1).text == "(";
  if (!quoted && (name.kind != TokenKind::kName || (IsKeyword(name.text) && !method_in))) {
    return Fail(MissingName(Context()));
  }
  ++next_;
  if (!optional && !quoted && Sees("(")) {
    return MethodCall(std::move(target), begin, name);
  }
  Node node = Make(ExprKind::kSelect, begin, name.span, target.height);
  if (node) {
    node.expr->name = name.text;
    node.expr->optional = optional;
    node.expr->target = std::move(target.expr);
  }
  return node;
}

Node Parser::Index(Node target, std::uint32_t begin) {
  const Span bracket = Peek().span;
  Open();
  const bool optional = Accept("?");
  Node key = Expression();
  if (!key || !Close("]")) {
    return {};
  }
  return CallOf(optional ? "_[?_]" : "_[_]", begin, bracket, std::move(target), std::move(key));
}

void Parser::Open() {
  open_.push_back(static_cast<std::uint32_t>(next_));
  ++next_;
}

bool Parser::Close(std::string_view bracket) {
  if (!Sees(bracket)) {
    Fail(MissingClose(Context(), bracket));
    return false;
  }
  ++next_;
  open_.pop_back();
  return true;
}

Node Parser::Primary() {
  const Token& token = Peek();
  switch (token.kind) {
    case TokenKind::kInteger:
      return Integer(false);
    case TokenKind::kLiteral:
      ++next_;
      return Literal(token.span.begin, token.value);
    case TokenKind::kName:
      return Name();
    case TokenKind::kSymbol:
      return Bracketed();
    default:
      return Fail(MissingOperand(Context()));
  }
}

Node Parser::Literal(std::uint32_t begin, LiteralValue value) {
  Node node = Make(ExprKind::kLiteral, begin, {begin, LastEnd()}, 0);
  if (node) {
    node.expr->value = std::move(value);
  }
  return node;
}

Node Parser::Integer(bool negative) {
  const std::uint32_t begin = tokens_[next_ - (negative ? 1 : 0)].span.begin;
  const std::uint64_t magnitude = std::get<std::uint64_t>(Peek().value);
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;
  if (magnitude > kLimit - (negative ? 0 : 1)) {
    return Fail({.code = "bad_number",
                 .span = {begin, Peek().span.end},
                 .message = "this whole number is too large",
                 .suggestion = "as a number with a fraction: " + std::string(Peek().text) + ".0"});
  }
  ++next_;
  return Literal(begin, static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude));
}

Node Parser::Bracketed() {
  const std::uint32_t begin = Peek().span.begin;
  if (Sees("(")) {
    Open();
    Node inner = Expression();
    return inner && Close(")") ? std::move(inner) : Node{};
  }
  if (Sees("[")) {
    return List();
  }
  if (Sees("{")) {
    return Map();
  }
  if (Sees(".") && Peek(1).kind == TokenKind::kName) {
    ++next_;
    return Identifier(begin, ".");
  }
  if (Accept("-")) {
    if (Peek().kind == TokenKind::kInteger) {
      return Integer(true);
    }
    const double value = std::get<double>(Peek().value);
    ++next_;
    return Literal(begin, -value);
  }
  return Fail(MissingOperand(Context()));
}

Node Parser::Name() {
  const Token& token = Peek();
  if (token.text == "in") {
    return Fail(MissingOperand(Context()));
  }
  if (token.text == "true" || token.text == "false") {
    ++next_;
    return Literal(token.span.begin, token.text == "true");
  }
  if (token.text == "null") {
    ++next_;
    return Literal(token.span.begin, NullLiteral{});
  }
  return Identifier(token.span.begin, "");
}

Node Parser::Identifier(std::uint32_t begin, std::string_view dot) {
  const Token& token = Peek();
  if (IsReservedWord(token.text) || IsKeyword(token.text)) {
    return Fail(ReservedWord(token));
  }
  ++next_;
  const std::string name = std::string(dot) + std::string(token.text);
  if (!Sees("(")) {
    Node node = Make(ExprKind::kIdent, begin, {begin, token.span.end}, 0);
    if (node) {
      node.expr->name = name;
    }
    return node;
  }
  if (auto meant = OperatorWordAsFunction(token)) {
    return Fail(std::move(*meant));
  }
  auto arguments = Arguments();
  if (!arguments) {
    return {};
  }
  return options_.macros && name == "has" ? Has(begin, token, *std::move(arguments))
                                          : Call(name, begin, token.span, *std::move(arguments));
}

Node Parser::List() {
  const Span bracket = Peek().span;
  std::vector<Node> items;
  std::vector<bool> optional;
  const bool read = Sequence("]", [&] {
    optional.push_back(Accept("?"));
    items.push_back(Expression());
    return static_cast<bool>(items.back());
  });
  return read ? Collection(ExprKind::kList, bracket, std::move(items), std::move(optional))
              : Node{};
}

Node Parser::Map() {
  const Span bracket = Peek().span;
  std::vector<Node> items;
  std::vector<bool> optional;
  const bool read = Sequence("}", [&] {
    optional.push_back(Accept("?"));
    items.push_back(Expression());
    if (!items.back()) {
      return false;
    }
    if (!Accept(":")) {
      Fail(MissingColon(Context()));
      return false;
    }
    items.push_back(Expression());
    return static_cast<bool>(items.back());
  });
  return read ? Collection(ExprKind::kMap, bracket, std::move(items), std::move(optional)) : Node{};
}

Node Parser::Collection(ExprKind kind,
                        Span bracket,
                        std::vector<Node> items,
                        std::vector<bool> optional) {
  std::uint32_t height = 0;
  for (const Node& item : items) {
    height = std::max(height, item.height);
  }
  Node node = Make(kind, bracket.begin, bracket, height);
  if (node) {
    for (Node& item : items) {
      node.expr->args.push_back(std::move(item.expr));
    }
    node.expr->optional_args = std::move(optional);
  }
  return node;
}

}  // namespace vedette::rules
