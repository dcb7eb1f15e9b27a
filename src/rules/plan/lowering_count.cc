// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/plan/lowering.h"
#include "rules/plan/operations.h"

namespace vedette::rules {
namespace {

// [a, b, c] of [a, b, c].count_true(); nullptr for anything else.
const Expr* CountedList(const Expr& expr) {
  if (expr.kind != ExprKind::kCall || expr.name != "count_true" || expr.target == nullptr ||
      expr.target->kind != ExprKind::kList || !expr.args.empty()) {
    return nullptr;
  }
  const std::vector<bool>& optional = expr.target->optional_args;
  return std::ranges::find(optional, true) == optional.end() ? expr.target.get() : nullptr;
}

std::string_view Mirrored(std::string_view comparison) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kMirrored = {
      {{"_<_", "_>_"}, {"_<=_", "_>=_"}, {"_>_", "_<_"}, {"_>=_", "_<=_"}}};
  for (const auto& [from, to] : kMirrored) {
    if (from == comparison) return to;
  }
  return comparison;
}

bool IsKnown(const PlanNode& constant) {
  switch (constant.kind) {
    case SlotKind::kNumber:
      return operations::Known(constant.constant.number);
    case SlotKind::kTruth:
      return constant.constant.integer != operations::kUnknown;
    default:
      return operations::Known(constant.constant.integer);
  }
}

// Whether nothing in it is an error to the walker, which would spoil the whole list, where the
// machines know only unknown: errors are overflow, times out of range, wrong types.
bool NeverFails(const PlanNode& node) {
  if (node.IsConstant()) return IsKnown(node);
  if (node.form == PlanNode::Form::kFeature) return node.feature.kind != FeatureKind::kExpression;
  if (node.form == PlanNode::Form::kOperation && node.kind != SlotKind::kNumber &&
      node.kind != SlotKind::kTruth) {
    return false;
  }
  return std::ranges::all_of(node.operands, NeverFails);
}

PlanNode NotNode(PlanNode node) {
  return OperationNode(Opcode::kNot, SlotKind::kTruth, {std::move(node)});
}

PlanNode CountNode(const std::vector<PlanNode>& truths, bool counted) {
  PlanNode count = IntegerNode(0);
  for (const PlanNode& truth : truths) {
    PlanNode element = counted ? truth : NotNode(truth);
    count = OperationNode(Opcode::kCountTrue, SlotKind::kInteger,
                          {std::move(count), std::move(element)});
  }
  return count;
}

// The count lies between the elements that are true and those that are not false. `count >= limit`
// is true when the first says so, false when the second does not, and open between.
PlanNode AtLeast(const std::vector<PlanNode>& truths, std::int64_t limit) {
  const auto all = static_cast<std::int64_t>(truths.size());
  PlanNode surely = LessEqualNode(IntegerNode(limit), CountNode(truths, true));
  // all - false >= limit, without the difference.
  PlanNode possibly = LessEqualNode(CountNode(truths, false), IntegerNode(all - limit));
  const PlanNode open = ConstantNode(SlotKind::kTruth, {.integer = operations::kUnknown});
  PlanNode otherwise = OperationNode(Opcode::kSelectTruth, SlotKind::kTruth,
                                     {std::move(possibly), open, TruthNode(false)});
  return OperationNode(Opcode::kOr, SlotKind::kTruth, {std::move(surely), std::move(otherwise)});
}

}  // namespace

Lowering::Lowered Lowering::LowerCountComparison(const Expr& expr) {
  if (expr.args.size() != 2) return std::nullopt;
  const bool left = CountedList(*expr.args[0]) != nullptr;
  const Expr* const list = CountedList(*expr.args[left ? 0 : 1]);
  if (list == nullptr) return std::nullopt;
  const auto limit = ConstantOf(*expr.args[left ? 1 : 0], SlotKind::kInteger);
  constexpr std::int64_t kMost = 1'000'000;  // far beyond any list
  if (!limit || *limit < -kMost || *limit > kMost) return std::nullopt;

  std::vector<const Expr*> elements;
  for (const ExprPtr& element : list->args) elements.push_back(element.get());
  const auto truths = LowerOperands(elements);
  if (!truths || !std::ranges::all_of(*truths, [](const PlanNode& node) {
        return node.kind == SlotKind::kTruth && NeverFails(node);
      })) {
    return std::nullopt;
  }
  const std::string_view name = left ? std::string_view(expr.name) : Mirrored(expr.name);
  if (name == "_>=_") return AtLeast(*truths, *limit);
  if (name == "_>_") return AtLeast(*truths, *limit + 1);
  if (name == "_<_") return NotNode(AtLeast(*truths, *limit));
  if (name == "_<=_") return NotNode(AtLeast(*truths, *limit + 1));
  if (name != "_==_" && name != "_!=_") return std::nullopt;
  PlanNode equal = OperationNode(Opcode::kAnd, SlotKind::kTruth,
                                 {AtLeast(*truths, *limit), NotNode(AtLeast(*truths, *limit + 1))});
  return name == "_==_" ? std::move(equal) : NotNode(std::move(equal));
}

}  // namespace vedette::rules
