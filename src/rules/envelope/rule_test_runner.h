// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rules/catalog.h"
#include "rules/rule.h"

namespace vedette::rules {

struct RuleTestResult {
  std::string name;
  bool passed = false;
  std::string message;  // what was expected and what was found, with the explanation
};

// Runs the tests of a rule's envelope through the live engine.
std::vector<RuleTestResult> RunRuleTests(std::shared_ptr<const Rule> rule,
                                         std::shared_ptr<const Catalog> catalog);

}  // namespace vedette::rules
