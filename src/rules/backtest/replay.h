// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "rules/backtest/rule_run.h"
#include "rules/rule.h"

namespace vedette::rules {

// Goes through the changes of a history that kept its arrival, in the order and at the times in
// which they were received, with the live engine: every alert that was ever raised, when, and when
// it was taken back. Alerts that were retracted are as they were before. Ends at context.now.
void Replay(std::shared_ptr<const Rule> rule, const RunContext& context, RuleRun* run);

}  // namespace vedette::rules
