// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "rules/backtest/backtest.h"
#include "services/rule/backtest_types.h"

namespace vedette::rule {

// What is kept of a result: all counts, and the first hundred of subjects and alerts.
BacktestReport ReportOf(const rules::BacktestResult& result, const rules::History& history);

void AddComparison(const rules::BacktestDifference& difference,
                   const rules::History& history,
                   std::int32_t compared_with,
                   BacktestReport* report);

}  // namespace vedette::rule
