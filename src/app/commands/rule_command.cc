// SPDX-License-Identifier: Apache-2.0
#include "app/commands/command.h"
#include "app/commands/rule_actions.h"

namespace vedette::app {

Command RuleCommand() { return {RuleCommandSpec(), RunRuleCommand}; }

}  // namespace vedette::app
