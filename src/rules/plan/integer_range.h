// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rules/plan/plan_node.h"

namespace vedette::rules {

// Whether a whole number that is known can be INT64_MIN, which the machines take for missing and
// the tree walker does not. Such arithmetic is left to the walker.
bool MayReachMissing(const PlanNode& node);

}  // namespace vedette::rules
