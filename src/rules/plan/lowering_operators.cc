// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/plan/choice.h"
#include "rules/plan/integer_range.h"
#include "rules/plan/lowering.h"
#include "rules/scores/score_functions.h"

namespace vedette::rules {
namespace {

bool IsNumeric(SlotKind kind) { return kind == SlotKind::kNumber || kind == SlotKind::kInteger; }

PlanNode AsNumber(PlanNode node) {
  if (node.kind == SlotKind::kNumber) return node;
  return OperationNode(Opcode::kIntegerToNumber, SlotKind::kNumber, {std::move(node)});
}

struct Arithmetic {
  std::string_view name;
  SlotKind a;
  SlotKind b;
  Opcode op;
  SlotKind result;
};

constexpr Arithmetic kArithmetic[] = {
    {"_+_", SlotKind::kNumber, SlotKind::kNumber, Opcode::kAddNumber, SlotKind::kNumber},
    {"_-_", SlotKind::kNumber, SlotKind::kNumber, Opcode::kSubtractNumber, SlotKind::kNumber},
    {"_*_", SlotKind::kNumber, SlotKind::kNumber, Opcode::kMultiplyNumber, SlotKind::kNumber},
    {"_/_", SlotKind::kNumber, SlotKind::kNumber, Opcode::kDivideNumber, SlotKind::kNumber},
    {"_+_", SlotKind::kInteger, SlotKind::kInteger, Opcode::kAddInteger, SlotKind::kInteger},
    {"_-_", SlotKind::kInteger, SlotKind::kInteger, Opcode::kSubtractInteger, SlotKind::kInteger},
    {"_*_", SlotKind::kInteger, SlotKind::kInteger, Opcode::kMultiplyInteger, SlotKind::kInteger},
    {"_/_", SlotKind::kInteger, SlotKind::kInteger, Opcode::kDivideInteger, SlotKind::kInteger},
    {"_%_", SlotKind::kInteger, SlotKind::kInteger, Opcode::kRemainderInteger, SlotKind::kInteger},
    {"_+_", SlotKind::kTime, SlotKind::kDuration, Opcode::kAddTime, SlotKind::kTime},
    {"_+_", SlotKind::kDuration, SlotKind::kTime, Opcode::kAddTime, SlotKind::kTime},
    {"_-_", SlotKind::kTime, SlotKind::kDuration, Opcode::kSubtractTime, SlotKind::kTime},
    {"_-_", SlotKind::kTime, SlotKind::kTime, Opcode::kTimeDifference, SlotKind::kDuration},
    {"_+_", SlotKind::kDuration, SlotKind::kDuration, Opcode::kAddDuration, SlotKind::kDuration},
    {"_-_", SlotKind::kDuration, SlotKind::kDuration, Opcode::kSubtractDuration,
     SlotKind::kDuration},
};

Opcode SelectFor(SlotKind kind) {
  switch (RegisterKindOf(kind)) {
    case RegisterKind::kNumber:
      return Opcode::kSelectNumber;
    case RegisterKind::kInteger:
      return Opcode::kSelectInteger;
    case RegisterKind::kTruth:
      break;
  }
  return Opcode::kSelectTruth;
}

PlanNode NotNode(PlanNode node) {
  return OperationNode(Opcode::kNot, SlotKind::kTruth, {std::move(node)});
}

// Of two values of one kind.
PlanNode EqualNode(PlanNode a, PlanNode b) {
  const RegisterKind kind = RegisterKindOf(a.kind);
  const Opcode op = kind == RegisterKind::kNumber    ? Opcode::kEqualNumber
                    : kind == RegisterKind::kInteger ? Opcode::kEqualInteger
                                                     : Opcode::kEqualTruth;
  return OperationNode(op, SlotKind::kTruth, {std::move(a), std::move(b)});
}

PlanNode NotEqualNode(PlanNode a, PlanNode b) {
  const RegisterKind kind = RegisterKindOf(a.kind);
  const Opcode op = kind == RegisterKind::kNumber    ? Opcode::kNotEqualNumber
                    : kind == RegisterKind::kInteger ? Opcode::kNotEqualInteger
                                                     : Opcode::kNotEqualTruth;
  return OperationNode(op, SlotKind::kTruth, {std::move(a), std::move(b)});
}

bool IsChoiceOfConstants(const PlanNode& node) {
  if (node.form != PlanNode::Form::kOperation ||
      (node.op != Opcode::kSelectNumber && node.op != Opcode::kSelectInteger)) {
    return false;
  }
  const auto decided = [](const PlanNode& side) {
    return side.IsConstant() || IsChoiceOfConstants(side);
  };
  return decided(node.operands[1]) && decided(node.operands[2]);
}

template <class Compare>
std::optional<PlanNode> Distributed(PlanNode choice, Compare compare) {
  auto x = compare(std::move(choice.operands[1]));
  auto y = compare(std::move(choice.operands[2]));
  if (!x || !y) return std::nullopt;
  return ChoiceOfTruths(std::move(choice.operands[0]), *std::move(x), *std::move(y));
}

}  // namespace

Lowering::Lowered Lowering::LowerOperator(const Expr& expr) {
  const std::string_view name = expr.name;
  if (name == "_in_") return LowerMembership(expr);
  if (Lowered counted = LowerCountComparison(expr)) return counted;
  std::vector<const Expr*> arguments;
  for (const ExprPtr& argument : expr.args) arguments.push_back(argument.get());
  auto operands = LowerOperands(arguments);
  if (!operands) return std::nullopt;
  std::vector<PlanNode>& nodes = *operands;

  const auto all = [&nodes](SlotKind kind) {
    return std::ranges::all_of(nodes, [kind](const PlanNode& node) { return node.kind == kind; });
  };
  if (name == "_&&_" || name == "_||_") {
    if (nodes.size() < 2 || !all(SlotKind::kTruth)) return std::nullopt;
    return OperationNode(name == "_&&_" ? Opcode::kAnd : Opcode::kOr, SlotKind::kTruth,
                         std::move(nodes));
  }
  if (name == "!_") {
    if (nodes.size() != 1 || !all(SlotKind::kTruth)) return std::nullopt;
    return NotNode(std::move(nodes[0]));
  }
  if (name == "-_") {
    if (nodes.size() != 1 || !IsNumeric(nodes[0].kind)) return std::nullopt;
    const SlotKind kind = nodes[0].kind;
    return OperationNode(kind == SlotKind::kNumber ? Opcode::kNegateNumber : Opcode::kNegateInteger,
                         kind, std::move(nodes));
  }
  if (name == "_?_:_") {
    if (nodes.size() != 3 || nodes[0].kind != SlotKind::kTruth || nodes[1].kind != nodes[2].kind) {
      return std::nullopt;
    }
    const SlotKind kind = nodes[1].kind;
    if (kind == SlotKind::kTruth) {
      return ChoiceOfTruths(std::move(nodes[0]), std::move(nodes[1]), std::move(nodes[2]));
    }
    return OperationNode(SelectFor(kind), kind, std::move(nodes));
  }
  if (nodes.size() != 2) return std::nullopt;
  if (Lowered arithmetic = LowerArithmetic(name, nodes[0], nodes[1])) return arithmetic;
  return LowerComparison(name, std::move(nodes[0]), std::move(nodes[1]));
}

Lowering::Lowered Lowering::LowerArithmetic(std::string_view name, PlanNode a, PlanNode b) {
  if (a.kind != b.kind && IsNumeric(a.kind) && IsNumeric(b.kind)) {
    a = AsNumber(std::move(a));
    b = AsNumber(std::move(b));
  }
  for (const Arithmetic& known : kArithmetic) {
    if (known.name == name && known.a == a.kind && known.b == b.kind) {
      // Before it is folded: a constant INT64_MIN would look missing.
      PlanNode node;
      node.form = PlanNode::Form::kOperation;
      node.kind = known.result;
      node.op = known.op;
      node.operands = {std::move(a), std::move(b)};
      if (MayReachMissing(node)) return std::nullopt;
      return OperationNode(known.op, known.result, std::move(node.operands));
    }
  }
  return std::nullopt;
}

Lowering::Lowered Lowering::LowerComparison(std::string_view name, PlanNode a, PlanNode b) {
  // (c ? 3 : 2) >= 3 is c ? 3 >= 3 : 2 >= 3, an unknown c included: grades become truths.
  if (IsChoiceOfConstants(a) && b.IsConstant()) {
    return Distributed(std::move(a),
                       [&](PlanNode side) { return LowerComparison(name, std::move(side), b); });
  }
  if (IsChoiceOfConstants(b) && a.IsConstant()) {
    return Distributed(std::move(b),
                       [&](PlanNode side) { return LowerComparison(name, a, std::move(side)); });
  }
  if (a.kind != b.kind) {
    if (!IsNumeric(a.kind) || !IsNumeric(b.kind)) return std::nullopt;
    a = AsNumber(std::move(a));
    b = AsNumber(std::move(b));
  }
  if (name == "_==_") return EqualNode(std::move(a), std::move(b));
  if (name == "_!=_") return NotEqualNode(std::move(a), std::move(b));
  if (a.kind == SlotKind::kTruth) return std::nullopt;
  if (name == "_<_") return LessNode(std::move(a), std::move(b));
  if (name == "_<=_") return LessEqualNode(std::move(a), std::move(b));
  if (name == "_>_") return LessNode(std::move(b), std::move(a));
  if (name == "_>=_") return LessEqualNode(std::move(b), std::move(a));
  return std::nullopt;
}

// x in [1.0, 2.0] is x == 1.0 || x == 2.0, a missing x included.
Lowering::Lowered Lowering::LowerMembership(const Expr& expr) {
  if (expr.args.size() != 2 || expr.args[1]->kind != ExprKind::kList) return std::nullopt;
  const Lowered value = Lower(*expr.args[0]);
  if (!value || value->IsConstant()) return std::nullopt;
  std::vector<PlanNode> equal;
  for (const ExprPtr& element : expr.args[1]->args) {
    const Lowered constant = LowerConstant(*element);
    if (!constant) return std::nullopt;
    Lowered compared = LowerComparison("_==_", *value, *constant);
    if (!compared) return std::nullopt;
    equal.push_back(*std::move(compared));
  }
  if (equal.empty()) return std::nullopt;
  if (equal.size() == 1) return std::move(equal[0]);
  return OperationNode(Opcode::kOr, SlotKind::kTruth, std::move(equal));
}

Lowering::Lowered Lowering::LowerConversion(const Expr& expr) {
  if (expr.args.size() != 1) return std::nullopt;
  Lowered value = Lower(*expr.args[0]);
  if (!value || !IsNumeric(value->kind)) return std::nullopt;
  if (expr.name == "double") return AsNumber(*std::move(value));
  if (value->kind == SlotKind::kInteger) return value;
  return OperationNode(Opcode::kNumberToInteger, SlotKind::kInteger, {*std::move(value)});
}

Lowering::Lowered Lowering::LowerScore(const Expr& expr) {
  const ScoreFunction* const function = FindScoreFunction(expr.name);
  // The walker calls no function with an unknown argument, even one that may be missing.
  if (function == nullptr || expr.args.size() != function->arity || function->arity == 0 ||
      function->optional_from < function->arity) {
    return std::nullopt;
  }
  std::vector<const Expr*> arguments;
  for (const ExprPtr& argument : expr.args) arguments.push_back(argument.get());
  auto operands = LowerOperands(arguments);
  if (!operands) return std::nullopt;
  std::vector<PlanNode> numbers;
  for (PlanNode& operand : *operands) {
    if (!IsNumeric(operand.kind)) return std::nullopt;
    numbers.push_back(AsNumber(std::move(operand)));
  }
  PlanNode call;
  call.form = PlanNode::Form::kOperation;
  call.kind = SlotKind::kNumber;
  call.op = Opcode::kCall;
  call.function = static_cast<std::int32_t>(function - ScoreFunctions().data());
  call.operands = std::move(numbers);
  return call;
}

}  // namespace vedette::rules
