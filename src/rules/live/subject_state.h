// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "rules/clinical/record.h"
#include "rules/live/rule_state.h"

namespace vedette::rules {

// What an engine holds of one subject that is loaded.
struct SubjectState {
  SubjectState(const RecordPools* pools, std::size_t rule_count)
      : record(pools), rules(std::make_unique<std::unique_ptr<RuleState>[]>(rule_count)) {}

  RuleState& Rule(std::uint32_t rule) {
    if (rules[rule] == nullptr) {
      rules[rule] = std::make_unique<RuleState>();
    }
    return *rules[rule];
  }

  SubjectRecord record;
  std::unique_ptr<std::unique_ptr<RuleState>[]> rules;  // by rule; null: nothing but clear anchors
  Seconds front = INT64_MIN;  // the latest event time, unless it lies in the future
  Seconds floor = INT64_MIN;  // what is older may have been dropped
};

}  // namespace vedette::rules
