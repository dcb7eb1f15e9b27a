// SPDX-License-Identifier: Apache-2.0
#include "rules/plan/code_generator.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace vedette::rules {
namespace {

// A register that holds a value; `temporary` ones are given back after use.
struct Held {
  std::uint8_t number = 0;
  bool temporary = false;
};

Opcode ElseOf(Opcode select) {
  switch (select) {
    case Opcode::kSelectNumber:
      return Opcode::kElseNumber;
    case Opcode::kSelectInteger:
      return Opcode::kElseInteger;
    default:
      return Opcode::kElseTruth;
  }
}

bool IsSelect(Opcode op) {
  return op == Opcode::kSelectNumber || op == Opcode::kSelectInteger || op == Opcode::kSelectTruth;
}

// Features have the first registers; constants get theirs at first use; temporaries are reused as
// soon as they have been read. A register keeps its kind, which the vector machine builds on.
class CodeGenerator {
 public:
  CodeGenerator(std::span<const Feature> features, Branching branching)
      : features_(features), branching_(branching) {
    program_.features = static_cast<std::uint32_t>(features.size());
    for (const Feature& feature : features) program_.kinds.push_back(RegisterKindOf(feature.slot));
  }

  std::optional<Program> Run(const PlanNode& root) {
    Emit(Opcode::kReturn, 0, Generate(root).number);
    if (program_.kinds.size() > kMaxRegisters || program_.code.size() > kMaxInstructions) {
      return std::nullopt;
    }
    program_.frame_size = static_cast<std::uint32_t>(program_.kinds.size());
    return std::move(program_);
  }

 private:
  static constexpr std::size_t kKinds = 3;

  // The value of a node in a register: in `into` when it is given.
  Held Generate(const PlanNode& node, std::optional<Held> into = std::nullopt) {
    switch (node.form) {
      case PlanNode::Form::kFeature:
        return Leaf(NumberOf(node.feature), into);
      case PlanNode::Form::kConstant:
        return Leaf(ConstantRegister(node), into);
      case PlanNode::Form::kOperation:
        break;
    }
    if (node.op == Opcode::kAnd || node.op == Opcode::kOr) return Connective(node, into);
    if (node.op == Opcode::kCall) return Call(node, into);
    if (IsSelect(node.op) && branching_ == Branching::kBranches) return Choice(node, into);
    return Plain(node, into);
  }

  Held Leaf(std::uint8_t number, std::optional<Held> into) {
    if (!into) return {number, false};
    Emit(Opcode::kMove, into->number, number);
    return *into;
  }

  Held Plain(const PlanNode& node, std::optional<Held> into) {
    std::array<Held, 3> held{};
    for (std::size_t i = 0; i < node.operands.size(); ++i) held[i] = Generate(node.operands[i]);
    for (std::size_t i = 0; i < node.operands.size(); ++i) Release(held[i]);
    const Held to = into ? *into : Allocate(RegisterKindOf(node.kind));
    Emit(node.op, to.number, held[0].number, held[1].number, held[2].number);
    return to;
  }

  // kAnd, kOr: once the result is decided the rest is passed over.
  Held Connective(const PlanNode& node, std::optional<Held> into) {
    const Held to = into ? *into : Allocate(RegisterKind::kTruth);
    std::vector<std::size_t> jumps;
    if (branching_ == Branching::kStraightLine) {
      const Held first = Generate(node.operands[0]);
      Join(node, first, to, 1);
      return to;
    }
    Generate(node.operands[0], to);
    for (std::size_t i = 1; i < node.operands.size(); ++i) {
      jumps.push_back(program_.code.size());
      Emit(node.op == Opcode::kAnd ? Opcode::kJumpIfFalse : Opcode::kJumpIfTrue, 0, to.number);
      const Held next = Generate(node.operands[i]);
      Emit(node.op, to.number, to.number, next.number);
      Release(next);
    }
    for (const std::size_t jump : jumps) JumpHere(jump);
    return to;
  }

  void Join(const PlanNode& node, Held left, Held to, std::size_t from) {
    for (std::size_t i = from; i < node.operands.size(); ++i) {
      const Held next = Generate(node.operands[i]);
      Emit(node.op, to.number, left.number, next.number);
      Release(next);
      if (i == from) Release(left);
      left = {to.number, false};
    }
  }

  // Only the side that is chosen runs; where the condition is unknown, the other side and then
  // the Else instruction, which makes the result unknown.
  Held Choice(const PlanNode& node, std::optional<Held> into) {
    const Held condition = Generate(node.operands[0]);
    const Held to = into ? *into : Allocate(RegisterKindOf(node.kind));
    const std::size_t otherwise = program_.code.size();
    Emit(Opcode::kJumpUnlessTrue, 0, condition.number);
    Generate(node.operands[1], to);
    const std::size_t end = program_.code.size();
    Emit(Opcode::kJump, 0, 0);
    JumpHere(otherwise);
    const Held other = Generate(node.operands[2]);
    Emit(ElseOf(node.op), to.number, condition.number, other.number);
    JumpHere(end);
    Release(other);
    Release(condition);
    return to;
  }

  // Arguments lie side by side, in registers of their own.
  Held Call(const PlanNode& node, std::optional<Held> into) {
    const std::size_t first = program_.kinds.size();
    program_.kinds.resize(first + node.operands.size(), RegisterKind::kNumber);
    for (std::size_t i = 0; i < node.operands.size(); ++i) {
      Generate(node.operands[i], Held{Number(first + i), true});
    }
    for (std::size_t i = 0; i < node.operands.size(); ++i) Release({Number(first + i), true});
    const Held to = into ? *into : Allocate(RegisterKind::kNumber);
    Emit(Opcode::kCall, to.number, Number(first), 0, node.function);
    return to;
  }

  // Beyond kMaxRegisters numbers are wrong, and Run throws the program away.
  static std::uint8_t Number(std::size_t number) { return static_cast<std::uint8_t>(number); }

  std::uint8_t NumberOf(const Feature& feature) const {
    return Number(
        static_cast<std::size_t>(std::ranges::find(features_, feature) - features_.begin()));
  }

  std::uint8_t ConstantRegister(const PlanNode& node) {
    const RegisterKind kind = RegisterKindOf(node.kind);
    for (const auto& [number, value] : program_.constants) {
      if (program_.kinds[number] == kind && value.integer == node.constant.integer) return number;
    }
    const std::uint8_t number = Number(program_.kinds.size());
    program_.kinds.push_back(kind);
    program_.constants.push_back({number, node.constant});
    return number;
  }

  Held Allocate(RegisterKind kind) {
    std::vector<std::uint8_t>& free = free_[static_cast<std::size_t>(kind)];
    if (!free.empty()) {
      const Held held{free.back(), true};
      free.pop_back();
      return held;
    }
    program_.kinds.push_back(kind);
    return {Number(program_.kinds.size() - 1), true};
  }

  void Release(Held held) {
    if (!held.temporary) return;
    free_[static_cast<std::size_t>(program_.kinds[held.number])].push_back(held.number);
  }

  void Emit(Opcode op, std::uint8_t to, std::uint8_t a, std::uint8_t b = 0, std::int32_t c = 0) {
    program_.code.push_back({static_cast<std::uint8_t>(op), to, a, b, c});
  }

  void JumpHere(std::size_t jump) {
    program_.code[jump].c = static_cast<std::int32_t>(program_.code.size());
  }

  std::span<const Feature> features_;
  Branching branching_;
  Program program_;
  std::array<std::vector<std::uint8_t>, kKinds> free_;
};

void Collect(const PlanNode& node, std::vector<Feature>* features) {
  if (node.form == PlanNode::Form::kFeature &&
      std::ranges::find(*features, node.feature) == features->end()) {
    features->push_back(node.feature);
  }
  for (const PlanNode& operand : node.operands) Collect(operand, features);
}

}  // namespace

std::vector<Feature> CollectFeatures(const PlanNode& root) {
  std::vector<Feature> features;
  Collect(root, &features);
  return features;
}

std::optional<Program> GenerateCode(const PlanNode& root,
                                    std::span<const Feature> features,
                                    Branching branching) {
  if (features.size() > kMaxRegisters) return std::nullopt;
  return CodeGenerator(features, branching).Run(root);
}

}  // namespace vedette::rules
