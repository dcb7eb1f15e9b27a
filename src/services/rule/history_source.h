// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "kit/rpc/call_context.h"
#include "kit/task/task.h"
#include "rules/backtest/columns.h"
#include "rules/catalog.h"

namespace vedette::monitor::v1 {
class MonitorApi;
}

namespace vedette::rule {

// Where a study's recorded history comes from.
class HistorySource {
 public:
  virtual ~HistorySource() = default;

  struct Request {
    std::string study_id;
    std::shared_ptr<const rules::Catalog> catalog;
    std::vector<std::string> items;  // codes
    bool keep_arrival = false;
    // Told the share that was read, 0 to 1; false ends the reading with kCancelled.
    std::function<bool(double)> progress;
  };
  // Every version of every observation of the items, finished.
  virtual Task<Result<std::shared_ptr<const rules::History>>> Load(CallContext context,
                                                                   Request request) = 0;
};

// Reads the log of the monitor service, as it is given by `monitor` at each call.
std::unique_ptr<HistorySource> MakeMonitorHistory(
    std::function<monitor::v1::MonitorApi&()> monitor);

}  // namespace vedette::rule
