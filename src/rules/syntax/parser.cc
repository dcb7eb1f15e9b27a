// SPDX-License-Identifier: Apache-2.0
#include "rules/syntax/parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "rules/syntax/lexer.h"
#include "rules/syntax/macro.h"
#include "rules/syntax/mistake.h"
#include "rules/syntax/utf8.h"

namespace vedette::rules {
namespace {

struct BinaryOperator {
  std::string_view symbol;
  std::string_view function;
  int level;  // the higher, the tighter it binds
};

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

// A subtree and its height. Null after a mistake.
struct Node {
  ExprPtr expr;
  std::uint32_t height = 0;
  explicit operator bool() const { return expr != nullptr; }
};

class Parser {
 public:
  Parser(std::string_view source, std::vector<Token> tokens, const ParserOptions& options)
      : source_(source), tokens_(std::move(tokens)), options_(options) {}

  std::expected<std::shared_ptr<const Ast>, Diagnostics> Run() {
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

  Node Fail(Diagnostic mistake) {
    if (!mistake_) {
      mistake_ = std::move(mistake);
    }
    return {};
  }

  // A node of a kind, with its height above its children, as far as limits allow.
  Node Make(ExprKind kind, std::uint32_t begin, Span name_span, std::uint32_t children_height) {
    if (++nodes_ > options_.max_nodes) {
      return Fail({.code = "too_large",
                   .span = name_span,
                   .message = "the condition has more than " + std::to_string(options_.max_nodes) +
                              " parts",
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

  Diagnostic TooDeep(Span span) const {
    return {.code = "too_deep",
            .span = span,
            .message = "the condition is nested deeper than " + std::to_string(options_.max_depth) +
                       " levels",
            .suggestion = "a list is shorter: x in [1, 2, 3]"};
  }

  Node Call(std::string_view function,
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

  template <class... Nodes>
  Node CallOf(std::string_view function, std::uint32_t begin, Span name_span, Nodes... nodes) {
    std::vector<Node> list;
    (list.push_back(std::move(nodes)), ...);
    return Call(function, begin, name_span, std::move(list));
  }

  Node Expression() {
    if (depth_ >= options_.max_depth) {
      return Fail(TooDeep(Peek().span));
    }
    ++depth_;
    Node node = Conditional();
    --depth_;
    return node;
  }

  Node Conditional() {
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

  const BinaryOperator* SeesBinary(int level) const {
    const auto found = std::ranges::find_if(kBinaryOperators, [&](const BinaryOperator& candidate) {
      return candidate.level == level && Sees(candidate.symbol);
    });
    return found == kBinaryOperators.end() ? nullptr : &*found;
  }

  Node Binary(int level) {
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

  Node Unary() {
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
    return operand
               ? CallOf(negation ? "!_" : "-_", token.span.begin, token.span, std::move(operand))
               : Node{};
  }

  static bool IsNegatable(const Token& token) {
    return token.kind == TokenKind::kInteger ||
           (token.kind == TokenKind::kLiteral && std::holds_alternative<double>(token.value));
  }

  Node Member() {
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

  Node Selection(Node target, std::uint32_t begin) {
    const bool optional = Accept("?");
    const Token& name = Peek();
    const bool quoted = name.kind == TokenKind::kQuotedName;
    if (!quoted && (name.kind != TokenKind::kName || IsKeyword(name.text))) {
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

  Node Index(Node target, std::uint32_t begin) {
    const Span bracket = Peek().span;
    Open();
    const bool optional = Accept("?");
    Node key = Expression();
    if (!key || !Close("]")) {
      return {};
    }
    return CallOf(optional ? "_[?_]" : "_[_]", begin, bracket, std::move(target), std::move(key));
  }

  void Open() {
    open_.push_back(static_cast<std::uint32_t>(next_));
    ++next_;
  }

  bool Close(std::string_view bracket) {
    if (!Sees(bracket)) {
      Fail(MissingClose(Context(), bracket));
      return false;
    }
    ++next_;
    open_.pop_back();
    return true;
  }

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

  std::optional<std::vector<Node>> Arguments() {
    std::vector<Node> arguments;
    const bool read = Sequence(")", [&] {
      arguments.push_back(Expression());
      return static_cast<bool>(arguments.back());
    });
    return read ? std::optional(std::move(arguments)) : std::nullopt;
  }

  Node MethodCall(Node target, std::uint32_t begin, const Token& name) {
    auto arguments = Arguments();
    if (!arguments) {
      return {};
    }
    const bool bind = target.expr->kind == ExprKind::kIdent && target.expr->name == "cel";
    if (options_.macros && bind && name.text == "bind") {
      return Bind(begin, name, *std::move(arguments));
    }
    if (const auto macro = options_.macros ? FindMacro(name.text) : std::nullopt) {
      return Macro(*macro, std::move(target), begin, name, *std::move(arguments));
    }
    arguments->push_back(std::move(target));
    Node call = Call(name.text, begin, name.span, *std::move(arguments));
    if (call) {
      call.expr->target = std::move(call.expr->args.back());
      call.expr->args.pop_back();
    }
    return call;
  }

  Node Bind(std::uint32_t begin, const Token& name, std::vector<Node> arguments) {
    if (arguments.size() != 3 || !IsVariable(*arguments[0].expr)) {
      return Fail(BadMacro(name, "cel.bind(name, value, expression)"));
    }
    return WithVariables(ExprKind::kBind, begin, name, {}, std::move(arguments), 1);
  }

  Node Macro(const MacroForm& form,
             Node target,
             std::uint32_t begin,
             const Token& name,
             std::vector<Node> arguments) {
    const std::size_t variables = form.VariablesOf(arguments.size());
    bool fits = variables != 0;
    for (std::size_t i = 0; i < variables; ++i) {
      fits = fits && IsVariable(*arguments[i].expr);
    }
    if (!fits) {
      return Fail(BadMacro(name, form.usage));
    }
    Node node = WithVariables(ExprKind::kMacro, begin, name, std::move(target),
                              std::move(arguments), variables);
    if (node) {
      node.expr->macro = form.kind;
    }
    return node;
  }

  Node WithVariables(ExprKind kind,
                     std::uint32_t begin,
                     const Token& name,
                     Node target,
                     std::vector<Node> arguments,
                     std::size_t variables) {
    std::uint32_t height = target.height;
    for (const Node& argument : arguments) {
      height = std::max(height, argument.height);
    }
    Node node = Make(kind, begin, name.span, height);
    if (!node) {
      return node;
    }
    node.expr->target = std::move(target.expr);
    node.expr->variable = arguments[0].expr->name;
    if (variables == 2) {
      node.expr->variable2 = arguments[1].expr->name;
    }
    for (std::size_t i = variables; i < arguments.size(); ++i) {
      node.expr->args.push_back(std::move(arguments[i].expr));
    }
    return node;
  }

  static bool IsVariable(const Expr& expr) {
    return expr.kind == ExprKind::kIdent && !expr.name.starts_with('.');
  }

  Node Primary() {
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

  Node Literal(std::uint32_t begin, LiteralValue value) {
    Node node = Make(ExprKind::kLiteral, begin, {begin, LastEnd()}, 0);
    if (node) {
      node.expr->value = std::move(value);
    }
    return node;
  }

  Node Integer(bool negative) {
    const std::uint32_t begin = tokens_[next_ - (negative ? 1 : 0)].span.begin;
    const std::uint64_t magnitude = std::get<std::uint64_t>(Peek().value);
    constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;
    if (magnitude > kLimit - (negative ? 0 : 1)) {
      return Fail(
          {.code = "bad_number",
           .span = {begin, Peek().span.end},
           .message = "this whole number is too large",
           .suggestion = "as a number with a fraction: " + std::string(Peek().text) + ".0"});
    }
    ++next_;
    return Literal(begin, static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude));
  }

  Node Bracketed() {
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

  Node Name() {
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

  Node Identifier(std::uint32_t begin, std::string_view dot) {
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

  Node Has(std::uint32_t begin, const Token& name, std::vector<Node> arguments) {
    if (arguments.size() != 1 || arguments[0].expr->kind != ExprKind::kSelect ||
        arguments[0].expr->optional) {
      return Fail(BadMacro(name, "has(row.FIELD)"));
    }
    Node node = Make(ExprKind::kHas, begin, name.span, arguments[0].height - 1);
    if (node) {
      node.expr->name = arguments[0].expr->name;
      node.expr->target = std::move(arguments[0].expr->target);
    }
    return node;
  }

  Node List() {
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

  Node Map() {
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
    return read ? Collection(ExprKind::kMap, bracket, std::move(items), std::move(optional))
                : Node{};
  }

  Node Collection(ExprKind kind,
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

  static void Number(Expr& expr, std::uint32_t& next) {
    expr.id = next++;
    if (expr.target != nullptr) {
      Number(*expr.target, next);
    }
    for (const ExprPtr& argument : expr.args) {
      Number(*argument, next);
    }
  }

  std::string_view source_;
  std::vector<Token> tokens_;
  const ParserOptions& options_;
  std::size_t next_ = 0;
  std::vector<std::uint32_t> open_;  // tokens: brackets not closed yet
  std::uint32_t nodes_ = 0;
  std::uint32_t depth_ = 0;
  std::optional<Diagnostic> mistake_;
};

}  // namespace

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
