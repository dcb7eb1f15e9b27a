// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "rules/clinical/record.h"
#include "rules/live/row_receipts.h"
#include "rules/live/rule_state.h"

namespace vedette::rules {

// What an engine holds of one subject that is loaded.
struct SubjectState {
  explicit SubjectState(const RecordPools* pools) : record(pools) {}

  // nullptr: nothing but clear anchors.
  RuleState* Find(std::uint32_t rule) const {
    for (const RuleEntry& entry : rules) {
      if (entry.rule == rule) {
        return entry.state.get();
      }
    }
    return nullptr;
  }
  RuleState& Rule(std::uint32_t rule) {
    RuleState* state = Find(rule);
    if (state != nullptr) {
      return *state;
    }
    const auto at = std::ranges::lower_bound(rules, rule, {}, &RuleEntry::rule);
    return *rules.insert(at, {rule, std::make_unique<RuleState>()})->state;
  }
  void Drop(std::uint32_t rule) {
    std::erase_if(rules, [rule](const RuleEntry& entry) { return entry.rule == rule; });
  }

  struct RuleEntry {
    std::uint32_t rule;
    std::unique_ptr<RuleState> state;
  };

  SubjectRecord record;
  RowReceipts receipts;          // of items that EnginePlan::receipts names
  std::vector<RuleEntry> rules;  // in order; few rules find anything in a subject
  Seconds front = INT64_MIN;     // the latest event time, unless it lies in the future
  Seconds floor = INT64_MIN;     // what is older may have been dropped
  Seconds known = INT64_MIN;     // the knowledge time it was loaded or changed at last
};

}  // namespace vedette::rules
