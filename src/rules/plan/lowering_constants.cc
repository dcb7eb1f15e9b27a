// SPDX-License-Identifier: Apache-2.0
#include <variant>

#include "rules/check/literal_duration.h"
#include "rules/plan/lowering.h"
#include "rules/plan/operations.h"

namespace vedette::rules {
Lowering::Lowered Lowering::LowerLiteral(const LiteralValue& value) const {
  if (const bool* truth = std::get_if<bool>(&value)) return TruthNode(*truth);
  if (const double* number = std::get_if<double>(&value)) return NumberNode(*number);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    // The machines know the smallest integer only as "missing".
    if (*integer == kMissing) return std::nullopt;
    return IntegerNode(*integer);
  }
  return std::nullopt;
}

Lowering::Lowered Lowering::LowerConstant(const Expr& expr) const {
  if (expr.kind == ExprKind::kLiteral) return LowerLiteral(expr.value);
  if (expr.kind != ExprKind::kCall || expr.target != nullptr || expr.args.empty()) {
    return std::nullopt;
  }
  const Expr& first = *expr.args[0];
  if (expr.name == "quantity" && expr.args.size() == 2 && first.kind == ExprKind::kLiteral) {
    const Lowered number = LowerLiteral(first.value);
    return number && number->kind == SlotKind::kNumber ? number : std::nullopt;
  }
  if (const auto seconds = LiteralSeconds(expr)) {
    if (operations::WithinDuration(*seconds) == kMissing) return std::nullopt;
    return ConstantNode(SlotKind::kDuration, {.integer = *seconds});
  }
  return std::nullopt;
}

}  // namespace vedette::rules
