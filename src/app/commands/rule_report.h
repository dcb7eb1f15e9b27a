// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "rules/backtest/backtest.h"
#include "rules/rule.h"

namespace vedette::app {

// A back-test for people: aligned figures, the busiest sites and days. Holds subject ids and
// counts, no values.
std::string BacktestText(const rules::Rule& rule, const rules::BacktestResult& result);

// The same for programs: one JSON object.
std::string BacktestJson(const rules::Rule& rule,
                         const rules::History& history,
                         const rules::BacktestResult& result);

// "  - 01-705-1186  2013-05-02": a line an alert, at most `limit`, then how many more.
std::string AlertLines(std::string_view sign,
                       const std::vector<rules::BacktestAlert>& alerts,
                       std::size_t limit);

}  // namespace vedette::app
