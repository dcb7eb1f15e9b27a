// SPDX-License-Identifier: Apache-2.0
#include "rules/rule_set.h"

#include <utility>

namespace vedette::rules {

RuleSet::RuleSet(std::vector<ActiveRule> rules) : size_(rules.size()) {
  for (const ActiveRule& active : rules) {
    for (const std::string& item : active.rule->items()) {
      by_study_[active.rule->spec().study_id][item].push_back(active);
    }
  }
}

std::span<const ActiveRule> RuleSet::For(std::string_view study, std::string_view item) const {
  const auto by_item = by_study_.find(study);
  if (by_item == by_study_.end()) return {};
  const auto found = by_item->second.find(item);
  if (found == by_item->second.end()) return {};
  return found->second;
}

}  // namespace vedette::rules
