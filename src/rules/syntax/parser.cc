// SPDX-License-Identifier: Apache-2.0
#include "rules/syntax/parser.h"

#include <algorithm>
#include <array>

#include "rules/syntax/lexer.h"
#include "rules/syntax/parser_state.h"
#include "rules/syntax/utf8.h"

namespace vedette::rules {
namespace {

constexpr auto kBinaryOperators = std::to_array<BinaryOperator>({{"||", "_||_", 1},
                                                                 {"&&", "_&&_", 2},
                                                                 {"==", "_==_", 3},
                                                                 {"!=", "_!=_", 3},
                                                                 {"<=", "_<=_", 3},
                                                                 {">=", "_>=_", 3},
                                                                 {"<", "_<_", 3},
                                                                 {">", "_>_", 3},
                                                                 {"in", "_in_", 3},
                                                                 {"+", "_+_", 4},
                                                                 {"-", "_-_", 4},
                                                                 {"*", "_*_", 5},
                                                                 {"/", "_/_", 5},
                                                                 {"%", "_%_", 5}});
constexpr int kTightest = 5;

}  // namespace

std::expected<std::shared_ptr<const Ast>, Diagnostics> Parser::Run() {
  Node root = Expression();
  if (root && Peek().kind != TokenKind::kEnd) {
    root = Fail(UnexpectedAfterOperand(Context()));
  }
  if (!root) {
    return std::unexpected(Diagnostics{std::move(*mistake_)});
  }
  auto ast = std::make_shared<Ast>();
  ast->source = std::string(source_);
  ast->root = std::move(root.expr);
  Number(*ast->root, ast->size);
  return ast;
}

Node Parser::Fail(Diagnostic mistake) {
  if (!mistake_) {
    mistake_ = std::move(mistake);
  }
  return {};
}

Node Parser::Make(ExprKind kind,
                  std::uint32_t begin,
                  Span name_span,
                  std::uint32_t children_height) {
  if (++nodes_ > options_.max_nodes) {
    return Fail(
        {.code = "too_large",
         .span = name_span,
         .message = "the condition has more than " + std::to_string(options_.max_nodes) + " parts",
         .suggestion = "split it into several rules"});
  }
  if (children_height + 1 > options_.max_depth) {
    return Fail(TooDeep(name_span));
  }
  auto expr = std::make_unique<Expr>();
  expr->kind = kind;
  expr->span = {begin, LastEnd()};
  expr->name_span = name_span;
  return {std::move(expr), children_height + 1};
}

Diagnostic Parser::TooDeep(Span span) const {
  return {.code = "too_deep",
          .span = span,
          .message = "the condition is nested deeper than " + std::to_string(options_.max_depth) +
                     " levels",
          .suggestion = "a list is shorter: x in [1, 2, 3]"};
}

Node Parser::Call(std::string_view function,
                  std::uint32_t begin,
                  Span name_span,
                  std::vector<Node> nodes) {
  std::uint32_t height = 0;
  for (const Node& node : nodes) {
    height = std::max(height, node.height);
  }
  Node call = Make(ExprKind::kCall, begin, name_span, height);
  if (call) {
    call.expr->name = function;
    for (Node& node : nodes) {
      call.expr->args.push_back(std::move(node.expr));
    }
  }
  return call;
}

Node Parser::Expression() {
  if (depth_ >= options_.max_depth) {
    return Fail(TooDeep(Peek().span));
  }
  ++depth_;
  Node node = Conditional();
  --depth_;
  return node;
}

Node Parser::Conditional() {
  const std::uint32_t begin = Peek().span.begin;
  Node condition = Binary(1);
  const Span question = Peek().span;
  if (!condition || !Accept("?")) {
    return condition;
  }
  Node then = Binary(1);
  if (!then) {
    return {};
  }
  if (!Accept(":")) {
    return Fail(MissingElse(Context(), question));
  }
  Node otherwise = Expression();
  return otherwise ? CallOf("_?_:_", begin, question, std::move(condition), std::move(then),
                            std::move(otherwise))
                   : Node{};
}

const BinaryOperator* Parser::SeesBinary(int level) const {
  const auto found = std::ranges::find_if(kBinaryOperators, [&](const BinaryOperator& candidate) {
    return candidate.level == level && Sees(candidate.symbol);
  });
  return found == kBinaryOperators.end() ? nullptr : &*found;
}

Node Parser::Binary(int level) {
  if (level > kTightest) {
    return Unary();
  }
  const std::uint32_t begin = Peek().span.begin;
  Node left = Binary(level + 1);
  while (left) {
    const BinaryOperator* found = SeesBinary(level);
    if (found == nullptr) {
      break;
    }
    const Span name_span = Peek().span;
    ++next_;
    Node right = Binary(level + 1);
    left = right ? CallOf(found->function, begin, name_span, std::move(left), std::move(right))
                 : Node{};
  }
  return left;
}

Node Parser::Unary() {
  const Token& token = Peek();
  if (Sees("-") && IsNegatable(Peek(1))) {  // the sign belongs to the number
    return Member();
  }
  const bool negation = Sees("!");
  if (!negation && !Sees("-")) {
    return Member();
  }
  if (depth_ >= options_.max_depth) {
    return Fail(TooDeep(token.span));
  }
  ++next_;
  ++depth_;
  Node operand = Unary();
  --depth_;
  return operand ? CallOf(negation ? "!_" : "-_", token.span.begin, token.span, std::move(operand))
                 : Node{};
}

bool Parser::IsNegatable(const Token& token) {
  return token.kind == TokenKind::kInteger ||
         (token.kind == TokenKind::kLiteral && std::holds_alternative<double>(token.value));
}

void Parser::Number(Expr& expr, std::uint32_t& next) {
  expr.id = next++;
  if (expr.target != nullptr) {
    Number(*expr.target, next);
  }
  for (const ExprPtr& argument : expr.args) {
    Number(*argument, next);
  }
}

std::expected<std::shared_ptr<const Ast>, Diagnostics> Parse(std::string_view source,
                                                             const ParserOptions& options) {
  const auto fail = [](Diagnostic mistake) {
    return std::unexpected(Diagnostics{std::move(mistake)});
  };
  if (source.size() > options.max_bytes) {
    return fail(
        {.code = "too_long",
         .message = "the condition is longer than " + std::to_string(options.max_bytes) + " bytes",
         .suggestion = "split it into several rules"});
  }
  if (const std::size_t at = FindInvalidUtf8(source); at != std::string_view::npos) {
    const auto place = static_cast<std::uint32_t>(at);
    return fail({.code = "not_utf8",
                 .span = {place, place + 1},
                 .message = "the text is not UTF-8 from here on",
                 .suggestion = "save the file as UTF-8"});
  }
  auto tokens = Tokenize(source);
  if (!tokens) {
    return fail(std::move(tokens.error()));
  }
  return Parser(source, *std::move(tokens), options).Run();
}

}  // namespace vedette::rules
