// SPDX-License-Identifier: Apache-2.0
#include "rules/syntax/ast.h"

#include <bit>
#include <string_view>

namespace vedette::rules {
namespace {

// False for a name that was written between backquotes because of its characters.
bool IsPlainName(std::string_view name) {
  return name.find_first_of("./- ") == std::string_view::npos;
}

bool SameLiteral(const LiteralValue& a, const LiteralValue& b) {
  const auto* x = std::get_if<double>(&a);
  const auto* y = std::get_if<double>(&b);
  if (x != nullptr && y != nullptr) {
    return std::bit_cast<std::uint64_t>(*x) == std::bit_cast<std::uint64_t>(*y);
  }
  return a == b;
}

}  // namespace

std::string QualifiedName(const Expr& expr) {
  if (expr.kind == ExprKind::kIdent) {
    return expr.name;
  }
  if (expr.kind != ExprKind::kSelect || expr.optional || !IsPlainName(expr.name)) {
    return {};
  }
  std::string prefix = QualifiedName(*expr.target);
  return prefix.empty() ? prefix : prefix + "." + expr.name;
}

bool SameTree(const Expr& a, const Expr& b) {
  if (a.kind != b.kind || a.macro != b.macro || a.optional != b.optional || a.name != b.name ||
      a.variable != b.variable || a.variable2 != b.variable2 ||
      a.optional_args != b.optional_args || !SameLiteral(a.value, b.value) ||
      a.args.size() != b.args.size() || (a.target == nullptr) != (b.target == nullptr)) {
    return false;
  }
  if (a.target != nullptr && !SameTree(*a.target, *b.target)) {
    return false;
  }
  for (std::size_t i = 0; i < a.args.size(); ++i) {
    if (!SameTree(*a.args[i], *b.args[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace vedette::rules
