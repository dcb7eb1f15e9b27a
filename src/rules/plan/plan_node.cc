// SPDX-License-Identifier: Apache-2.0
#include "rules/plan/plan_node.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "rules/plan/operations.h"

namespace vedette::rules {
namespace {

// The value of an operation on constants, by the machine itself: it cannot differ.
Slot Compute(Opcode op, const std::vector<PlanNode>& operands) {
  constexpr std::uint8_t kResult = 3;
  Program program;
  program.code = {{static_cast<std::uint8_t>(op), kResult, 0, 1, 2},
                  {static_cast<std::uint8_t>(Opcode::kReturn), 0, kResult, 0, 0}};
  std::array<Slot, kResult + 1> frame{};
  for (std::size_t i = 0; i < operands.size(); ++i) frame[i] = operands[i].constant;
  RunProgram(program, frame.data());
  return frame[kResult];
}

// The operands of one operation: those of the same operation among them are taken in.
std::vector<PlanNode> Flattened(Opcode op, std::vector<PlanNode> operands) {
  std::vector<PlanNode> flat;
  for (PlanNode& operand : operands) {
    if (operand.form == PlanNode::Form::kOperation && operand.op == op) {
      std::ranges::move(operand.operands, std::back_inserter(flat));
    } else {
      flat.push_back(std::move(operand));
    }
  }
  return flat;
}

bool IsProduct(const PlanNode& node) {
  return node.form == PlanNode::Form::kOperation && node.op == Opcode::kMultiplyNumber;
}

PlanNode CompareNode(
    PlanNode a, PlanNode b, Opcode number, Opcode integer, Opcode scaled, Opcode scaled_mirrored) {
  if (a.kind != SlotKind::kNumber) {
    return OperationNode(integer, SlotKind::kTruth, {std::move(a), std::move(b)});
  }
  if (IsProduct(b)) {
    return OperationNode(scaled, SlotKind::kTruth,
                         {std::move(a), std::move(b.operands[0]), std::move(b.operands[1])});
  }
  if (IsProduct(a)) {
    return OperationNode(scaled_mirrored, SlotKind::kTruth,
                         {std::move(b), std::move(a.operands[0]), std::move(a.operands[1])});
  }
  return OperationNode(number, SlotKind::kTruth, {std::move(a), std::move(b)});
}

}  // namespace

PlanNode ConstantNode(SlotKind kind, Slot value) {
  PlanNode node;
  node.kind = kind;
  node.constant = value;
  return node;
}

PlanNode NumberNode(double value) { return ConstantNode(SlotKind::kNumber, {.number = value}); }

PlanNode IntegerNode(std::int64_t value) {
  return ConstantNode(SlotKind::kInteger, {.integer = value});
}

PlanNode TruthNode(bool value) {
  return ConstantNode(SlotKind::kTruth,
                      {.integer = value ? operations::kTrue : operations::kFalse});
}

PlanNode FeatureNode(const Feature& feature) {
  PlanNode node;
  node.form = PlanNode::Form::kFeature;
  node.kind = feature.slot;
  node.feature = feature;
  return node;
}

PlanNode OperationNode(Opcode op, SlotKind kind, std::vector<PlanNode> operands) {
  if (op == Opcode::kAnd || op == Opcode::kOr) operands = Flattened(op, std::move(operands));
  const std::size_t most = op == Opcode::kAnd || op == Opcode::kOr ? 2 : 3;
  if (operands.size() <= most && std::ranges::all_of(operands, &PlanNode::IsConstant)) {
    return ConstantNode(kind, Compute(op, operands));
  }
  PlanNode node;
  node.form = PlanNode::Form::kOperation;
  node.kind = kind;
  node.op = op;
  node.operands = std::move(operands);
  return node;
}

PlanNode LessNode(PlanNode a, PlanNode b) {
  return CompareNode(std::move(a), std::move(b), Opcode::kLessNumber, Opcode::kLessInteger,
                     Opcode::kLessScaled, Opcode::kGreaterScaled);
}

PlanNode LessEqualNode(PlanNode a, PlanNode b) {
  return CompareNode(std::move(a), std::move(b), Opcode::kLessEqualNumber,
                     Opcode::kLessEqualInteger, Opcode::kLessEqualScaled,
                     Opcode::kGreaterEqualScaled);
}

}  // namespace vedette::rules
