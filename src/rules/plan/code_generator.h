// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rules/plan/plan_node.h"
#include "rules/plan/program.h"

namespace vedette::rules {

enum class Branching : std::uint8_t {
  kBranches,      // the scalar machine: what cannot change the result is passed over
  kStraightLine,  // the vector machine: every instruction runs for every row
};

// The different features under `root`, in order of first use: what their numbers are.
std::vector<Feature> CollectFeatures(const PlanNode& root);

// The program of a truth over these features; nullopt when it needs more than kMaxRegisters or
// kMaxInstructions.
std::optional<Program> GenerateCode(const PlanNode& root,
                                    std::span<const Feature> features,
                                    Branching branching);

}  // namespace vedette::rules
