// SPDX-License-Identifier: Apache-2.0
#include "rules/plan/choice.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "rules/plan/operations.h"

namespace vedette::rules {
namespace {

using Features = std::vector<const Feature*>;

bool IsTruth(const PlanNode& node, std::int64_t truth) {
  return node.IsConstant() && node.kind == SlotKind::kTruth && node.constant.integer == truth;
}

bool Contains(const Features& features, const Feature& feature) {
  return std::ranges::any_of(features, [&](const Feature* one) { return *one == feature; });
}

bool IsSubset(const Features& part, const Features& whole) {
  return std::ranges::all_of(part,
                             [&](const Feature* feature) { return Contains(whole, *feature); });
}

// A constant that never makes a comparison or a product unknown: no zero times infinity.
bool IsHarmless(const PlanNode& node, bool scaled) {
  if (node.kind == SlotKind::kNumber) {
    return std::isfinite(node.constant.number) && (!scaled || node.constant.number != 0);
  }
  return node.constant.integer != kMissing;
}

// The features of a truth that is known exactly where all of them are; nullopt: of another kind.
std::optional<Features> DecidedBy(const PlanNode& node) {
  if (node.form == PlanNode::Form::kFeature) {
    return Features{&node.feature};
  }
  if (node.form == PlanNode::Form::kConstant) {
    return std::nullopt;
  }
  std::size_t products = 0;  // operands that are multiplied, from the end
  switch (node.op) {
    case Opcode::kNot:
      return DecidedBy(node.operands[0]);
    case Opcode::kLessScaled:
    case Opcode::kLessEqualScaled:
    case Opcode::kGreaterScaled:
    case Opcode::kGreaterEqualScaled:
      // Two features could be zero and infinity.
      if (!node.operands[1].IsConstant() && !node.operands[2].IsConstant()) return std::nullopt;
      products = 2;
      break;
    case Opcode::kEqualNumber:
    case Opcode::kNotEqualNumber:
    case Opcode::kLessNumber:
    case Opcode::kLessEqualNumber:
    case Opcode::kEqualInteger:
    case Opcode::kNotEqualInteger:
    case Opcode::kLessInteger:
    case Opcode::kLessEqualInteger:
      break;
    default:
      return std::nullopt;
  }
  Features features;
  for (std::size_t i = 0; i < node.operands.size(); ++i) {
    const PlanNode& operand = node.operands[i];
    switch (operand.form) {
      case PlanNode::Form::kFeature:
        features.push_back(&operand.feature);
        break;
      case PlanNode::Form::kConstant:
        if (!IsHarmless(operand, i + products >= node.operands.size())) return std::nullopt;
        break;
      case PlanNode::Form::kOperation:
        return std::nullopt;
    }
  }
  return features;
}

// Where `known` are: a choice between equal constants is that constant.
PlanNode Known(PlanNode node, const Features& known) {
  if (node.form != PlanNode::Form::kOperation || node.op != Opcode::kSelectTruth ||
      !node.operands[1].IsConstant() || !node.operands[2].IsConstant() ||
      node.operands[1].constant.integer != node.operands[2].constant.integer) {
    return node;
  }
  const auto features = DecidedBy(node.operands[0]);
  return features && IsSubset(*features, known) ? std::move(node.operands[1]) : std::move(node);
}

}  // namespace

PlanNode ChoiceOfTruths(PlanNode condition, PlanNode x, PlanNode y) {
  if (const auto features = DecidedBy(condition)) {
    x = Known(std::move(x), *features);
    y = Known(std::move(y), *features);
  }
  if (IsTruth(x, operations::kTrue) && IsTruth(y, operations::kFalse)) {
    return condition;
  }
  if (IsTruth(x, operations::kFalse) && IsTruth(y, operations::kTrue)) {
    return OperationNode(Opcode::kNot, SlotKind::kTruth, {std::move(condition)});
  }
  return OperationNode(Opcode::kSelectTruth, SlotKind::kTruth,
                       {std::move(condition), std::move(x), std::move(y)});
}

}  // namespace vedette::rules
