// SPDX-License-Identifier: Apache-2.0
#include "rules/plan/lowering.h"

#include <algorithm>
#include <string>
#include <utility>

namespace vedette::rules {
namespace {

bool MayHoldFractions(const Expr& expr) {
  return IsTimeFromText(expr) || (expr.target != nullptr && MayHoldFractions(*expr.target)) ||
         std::ranges::any_of(expr.args, [](const ExprPtr& arg) { return MayHoldFractions(*arg); });
}

// What is computed or written could be INT64_MIN, which a slot takes for missing; what is counted
// could not.
bool MayBeSmallestInteger(const Expr& expr) {
  return expr.kind != ExprKind::kCall || expr.name == "int" || expr.name == "-_" ||
         expr.name.starts_with('_');
}

}  // namespace

bool IsTimeFromText(const Expr& expr) {
  return expr.kind == ExprKind::kCall && (expr.name == "timestamp" || expr.name == "duration");
}

std::optional<SlotKind> SlotKindOf(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBool:
      return SlotKind::kTruth;
    case TypeKind::kInt:
      return SlotKind::kInteger;
    case TypeKind::kDouble:
      return SlotKind::kNumber;
    case TypeKind::kTimestamp:
      return SlotKind::kTime;
    case TypeKind::kDuration:
      return SlotKind::kDuration;
    default:
      return std::nullopt;
  }
}

PlanNode Lowering::LowerRoot() {
  const Expr& root = *checked_.ast->root;
  if (Lowered lowered = Lower(root)) return *std::move(lowered);
  if (Lowered walked = ExpressionNode(root)) return *std::move(walked);
  // Only a condition of no known type, which Check lets pass as dyn: the walker decides.
  return FeatureNode({.kind = FeatureKind::kExpression, .slot = SlotKind::kTruth, .expr = &root});
}

Lowering::Lowered Lowering::Lower(const Expr& expr) {
  if (Lowered constant = LowerConstant(expr)) return constant;
  if (Lowered feature = LowerFeature(expr)) return feature;
  if (expr.kind == ExprKind::kCall) return LowerCall(expr);
  return std::nullopt;
}

Lowering::Lowered Lowering::ExpressionNode(const Expr& expr) {
  const auto slot = SlotKindOf(checked_.TypeOf(expr));
  if (!slot || !FitsSlot(expr, *slot)) return std::nullopt;
  const Expr* known = &expr;
  const auto same = std::ranges::find_if(
      expressions_, [&expr](const Expr* other) { return SameTree(*other, expr); });
  if (same == expressions_.end()) {
    expressions_.push_back(known);
  } else {
    known = *same;
  }
  return FeatureNode({.kind = FeatureKind::kExpression, .slot = *slot, .expr = known});
}

// A type of `double` may still give the walker a whole number, with which it computes otherwise.
bool Lowering::IsSurelyDouble(const Expr& expr) const {
  if (checked_.TypeOf(expr).kind != TypeKind::kDouble) return false;
  if (expr.kind == ExprKind::kBind) return IsSurelyDouble(*expr.args[1]);
  if (expr.kind != ExprKind::kCall || expr.target != nullptr) return true;
  const auto surely = [this](const ExprPtr& operand) { return IsSurelyDouble(*operand); };
  if (expr.name == "quantity") return surely(expr.args[0]);
  if (expr.name == "_?_:_") return surely(expr.args[1]) && surely(expr.args[2]);
  if (expr.name != "-_" && !expr.name.starts_with('_')) return true;
  return std::ranges::any_of(expr.args, surely);
}

bool Lowering::FitsSlot(const Expr& expr, SlotKind slot) const {
  switch (slot) {
    case SlotKind::kTruth:
      return true;
    case SlotKind::kInteger:
      return !MayBeSmallestInteger(expr);
    case SlotKind::kNumber:
      return IsSurelyDouble(expr);
    case SlotKind::kTime:
    case SlotKind::kDuration:
      return !MayHoldFractions(expr);
  }
  return false;
}

std::optional<std::vector<PlanNode>> Lowering::LowerOperands(
    const std::vector<const Expr*>& arguments) {
  std::vector<Lowered> lowered;
  for (const Expr* argument : arguments) lowered.push_back(Lower(*argument));
  const bool constant =
      std::ranges::all_of(lowered, [](const Lowered& node) { return node && node->IsConstant(); });
  const bool worth_it =
      std::ranges::any_of(lowered, [](const Lowered& node) { return node && !node->IsConstant(); });
  if (!constant && !worth_it) return std::nullopt;
  std::vector<PlanNode> nodes;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!lowered[i]) lowered[i] = ExpressionNode(*arguments[i]);
    if (!lowered[i]) return std::nullopt;
    nodes.push_back(*std::move(lowered[i]));
  }
  return nodes;
}

Lowering::Lowered Lowering::LowerCall(const Expr& expr) {
  if (expr.name.starts_with('_') || expr.name == "!_" || expr.name == "-_") {
    return LowerOperator(expr);
  }
  if (expr.target != nullptr) return std::nullopt;
  if (expr.name == "int" || expr.name == "double") return LowerConversion(expr);
  return LowerScore(expr);
}

std::optional<std::int64_t> Lowering::ConstantOf(const Expr& expr, SlotKind kind) {
  const Lowered value = Lower(expr);
  if (!value || !value->IsConstant() || value->kind != kind || value->constant.integer == kMissing)
    return std::nullopt;
  return value->constant.integer;
}

}  // namespace vedette::rules
