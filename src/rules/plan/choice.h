// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rules/plan/plan_node.h"

namespace vedette::rules {

// condition ? x : y of truths, unknown where the condition is. Steps that cannot change the result
// are left out: a grade written as a chain of conditions and compared with a number needs those
// about the number only. Reads the same features as the whole.
PlanNode ChoiceOfTruths(PlanNode condition, PlanNode x, PlanNode y);

}  // namespace vedette::rules
