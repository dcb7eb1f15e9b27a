// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "rules/plan/feature.h"
#include "rules/plan/opcode.h"
#include "rules/plan/program.h"

namespace vedette::rules {

constexpr RegisterKind RegisterKindOf(SlotKind kind) {
  switch (kind) {
    case SlotKind::kNumber:
      return RegisterKind::kNumber;
    case SlotKind::kTruth:
      return RegisterKind::kTruth;
    case SlotKind::kInteger:
    case SlotKind::kTime:
    case SlotKind::kDuration:
      break;
  }
  return RegisterKind::kInteger;
}

// A condition between its text and its programs: features, constants, and operations on them, each
// an instruction still without registers. kAnd and kOr take two operands or more.
struct PlanNode {
  enum class Form : std::uint8_t { kFeature, kConstant, kOperation };

  Form form = Form::kConstant;
  SlotKind kind = SlotKind::kTruth;  // of its value
  Slot constant{.integer = 0};
  Feature feature;
  Opcode op = Opcode::kReturn;
  std::int32_t function = 0;  // of kCall
  std::vector<PlanNode> operands;

  bool IsConstant() const { return form == Form::kConstant; }
};

PlanNode ConstantNode(SlotKind kind, Slot value);
PlanNode NumberNode(double value);
PlanNode IntegerNode(std::int64_t value);
PlanNode TruthNode(bool value);
PlanNode FeatureNode(const Feature& feature);

// An operation, computed at once when every operand is constant. Chains of one of kAnd, kOr become
// one node.
PlanNode OperationNode(Opcode op, SlotKind kind, std::vector<PlanNode> operands);

// a < b, a <= b of two numbers, or two integers, times or durations. Takes a product on either side
// into the comparison.
PlanNode LessNode(PlanNode a, PlanNode b);
PlanNode LessEqualNode(PlanNode a, PlanNode b);

}  // namespace vedette::rules
