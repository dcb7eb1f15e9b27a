// SPDX-License-Identifier: Apache-2.0
// Calls of methods and the macros among them.
#include "rules/syntax/parser_state.h"

namespace vedette::rules {

std::optional<std::vector<Node>> Parser::Arguments() {
  std::vector<Node> arguments;
  const bool read = Sequence(")", [&] {
    arguments.push_back(Expression());
    return static_cast<bool>(arguments.back());
  });
  return read ? std::optional(std::move(arguments)) : std::nullopt;
}

Node Parser::MethodCall(Node target, std::uint32_t begin, const Token& name) {
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

Node Parser::Bind(std::uint32_t begin, const Token& name, std::vector<Node> arguments) {
  if (arguments.size() != 3 || !IsVariable(*arguments[0].expr)) {
    return Fail(BadMacro(name, "cel.bind(name, value, expression)"));
  }
  return WithVariables(ExprKind::kBind, begin, name, {}, std::move(arguments), 1);
}

Node Parser::Macro(const MacroForm& form,
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
  Node node = WithVariables(ExprKind::kMacro, begin, name, std::move(target), std::move(arguments),
                            variables);
  if (node) {
    node.expr->macro = form.kind;
  }
  return node;
}

Node Parser::WithVariables(ExprKind kind,
                           std::uint32_t begin,
                           const Token& name,
                           Node target,
                           std::vector<Node> arguments,
                           std::size_t variables) {
  // What a variable holds may be nested as deep as the expression it comes from, and what the body
  // makes of it deeper by the body: heights add up, so that values are never nested deeper either.
  std::uint32_t height = target.height;
  for (std::size_t i = variables; i < arguments.size(); ++i) {
    height = kind == ExprKind::kBind ? height + arguments[i].height
                                     : std::max(height, target.height + arguments[i].height);
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

bool Parser::IsVariable(const Expr& expr) {
  return expr.kind == ExprKind::kIdent && !expr.name.starts_with('.');
}

Node Parser::Has(std::uint32_t begin, const Token& name, std::vector<Node> arguments) {
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

}  // namespace vedette::rules
