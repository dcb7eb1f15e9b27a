// SPDX-License-Identifier: Apache-2.0
#include <span>
#include <variant>

#include "rules/check/literal_duration.h"
#include "rules/eval/evaluator.h"
#include "rules/plan/lowering.h"
#include "rules/plan/operations.h"

namespace vedette::rules {
namespace {

// A scope without names: what is left is the standard library.
class NothingElse final : public Scope {
 public:
  std::optional<Value> Find(std::string_view) const override { return std::nullopt; }
  std::optional<Value> Call(std::string_view, std::span<const Value>) const override {
    return std::nullopt;
  }
};

}  // namespace

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
  // The number as it is written, whole or not, which the tree walker tells apart.
  if (expr.name == "quantity" && expr.args.size() == 2) return LowerConstant(*expr.args[0]);
  if (SecondsInUnit(expr.name)) {
    const auto seconds = LiteralSeconds(expr);
    if (!seconds || operations::WithinDuration(*seconds) == kMissing) return std::nullopt;
    return ConstantNode(SlotKind::kDuration, {.integer = *seconds});
  }
  if (IsTimeFromText(expr)) return LowerTimeText(expr);
  return std::nullopt;
}

// timestamp("2026-01-31T00:00:00Z"), duration("36h"): the walker's value, when it is whole seconds.
Lowering::Lowered Lowering::LowerTimeText(const Expr& expr) const {
  if (expr.args.size() != 1 || expr.args[0]->kind != ExprKind::kLiteral) return std::nullopt;
  const Value value = Evaluate(expr, NothingElse());
  if (const auto* time = value.As<TimestampValue>(); time != nullptr && time->nanos == 0) {
    return ConstantNode(SlotKind::kTime, {.integer = time->seconds});
  }
  if (const auto* length = value.As<DurationValue>(); length != nullptr && length->nanos == 0) {
    return ConstantNode(SlotKind::kDuration, {.integer = length->seconds});
  }
  return std::nullopt;
}

}  // namespace vedette::rules
