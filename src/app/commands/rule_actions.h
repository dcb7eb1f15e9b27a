// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/command_line.h"
#include "base/clock.h"
#include "base/result.h"

namespace vedette::app {

// What `vedette rule` takes: an action, then its files.
CommandSpec RuleCommandSpec();

// Runs the action that the first word names. 0: all is well; 1: there are findings, or tests that
// fail; an Error is about the command line or a file that cannot be read.
Result<int> RunRuleCommand(const Arguments& arguments, const Clock& clock);

// The actions. Each reads its files from the words behind the first.
Result<int> CheckRules(const Arguments& arguments, const Clock& clock);
Result<int> TestRules(const Arguments& arguments, const Clock& clock);
Result<int> ExplainRules(const Arguments& arguments, const Clock& clock);
Result<int> BacktestRules(const Arguments& arguments, const Clock& clock);
Result<int> DiffRules(const Arguments& arguments, const Clock& clock);

}  // namespace vedette::app
