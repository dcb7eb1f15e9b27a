// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "rules/backtest/backtest.h"
#include "rules/backtest/tally.h"
#include "rules/clinical/feature_reader.h"
#include "rules/rule.h"

namespace vedette::rules {

// What all rules of one back-test have in common.
struct RunContext {
  const History* history = nullptr;
  const StudyContext* study = nullptr;
  Seconds now = 0;
  // Called with the share of one rule that is done; false cancels.
  std::function<bool(double)> progress;
};

// What one rule makes of a history as it is known today.
struct RuleRun {
  explicit RuleRun(const History& history) : tally(history) {}
  std::uint64_t anchors = 0;
  std::uint64_t not_evaluable = 0;
  std::vector<BacktestAlert> alerts;
  Tally tally;
  bool cancelled = false;
};

RuleRun RunAsCorrected(const Rule& rule, const RunContext& context);

}  // namespace vedette::rules
