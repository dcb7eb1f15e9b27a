// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "kit/db/database.h"
#include "kit/task/task.h"
#include "services/rule/backtest_types.h"

namespace vedette::rule {

// The lists of a report: tables rule_backtest_count, _overlap and _alert.

std::vector<db::BulkInsert> DetailRows(const Backtest& backtest);

// Fills the lists of the back-test with this id.
Task<Status> ReadDetails(db::Transaction& read, Backtest* backtest);

}  // namespace vedette::rule
