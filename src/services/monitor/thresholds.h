// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule.h"

namespace vedette::monitor {

// A constant that a rule compares an item's current value with, in the item's unit.
struct Threshold {
  std::string rule_id;
  std::string rule_name;
  rules::Comparison comparison = rules::Comparison::kGreaterThan;
  double value = 0;
  rules::Severity severity = rules::Severity::kWarning;
};

// Appends those of the rule's condition: what can be drawn as a line beside the item's values.
void AddThresholds(const rules::Rule& rule,
                   std::string_view item,
                   std::vector<Threshold>* thresholds);

}  // namespace vedette::monitor
