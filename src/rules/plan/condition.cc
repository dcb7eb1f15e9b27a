// SPDX-License-Identifier: Apache-2.0
#include "rules/plan/condition.h"

#include <utility>

#include "rules/plan/code_generator.h"
#include "rules/plan/lowering.h"
#include "rules/plan/vector_machine.h"

namespace vedette::rules {

std::expected<Condition, Diagnostics> Condition::Compile(CheckedExpression checked,
                                                         const Catalog& catalog) {
  Condition condition;
  condition.checked_ = std::move(checked);
  const PlanNode root = Lowering(condition.checked_, catalog).LowerRoot();
  condition.features_ = CollectFeatures(root);
  auto scalar = GenerateCode(root, condition.features_, Branching::kBranches);
  auto vector = GenerateCode(root, condition.features_, Branching::kStraightLine);
  if (!scalar || !vector) {
    Diagnostic diagnostic;
    diagnostic.code = "rule_too_large";
    diagnostic.span = condition.expr().span;
    diagnostic.message =
        "the rule needs more than " + std::to_string(kMaxRegisters) + " values at a time";
    diagnostic.suggestion = "split it into several rules";
    return std::unexpected(Diagnostics{std::move(diagnostic)});
  }
  condition.scalar_ = *std::move(scalar);
  condition.vector_ = *std::move(vector);
  return condition;
}

void Condition::Prepare(Slot* frame) const { PrepareFrame(scalar_, frame); }

void Condition::RunColumns(std::span<const SlotColumn> columns,
                           std::size_t rows,
                           std::uint64_t* is_true,
                           std::uint64_t* is_false) const {
  RunProgramColumns(vector_, columns, rows, BestVectorPath(), is_true, is_false);
}

}  // namespace vedette::rules
