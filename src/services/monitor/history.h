// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/monitor/v1/monitor.pb.h>

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kit/db/database.h"

namespace vedette::monitor {

// Takes the chunks of a history; false once nobody listens.
class HistorySink {
 public:
  virtual ~HistorySink() = default;
  virtual Task<bool> Write(v1::HistoryChunk chunk) = 0;
};

// Sends what is recorded of these items of a study, all versions, in order of recording: the log as
// it was when the call began. Holds one chunk in memory. No items: all. Times and booleans are sent
// as the texts they are kept as.
Task<Status> SendHistory(db::Database& database,
                         const Clock& clock,
                         std::string study_id,
                         std::vector<std::string> items,
                         HistorySink& sink);

}  // namespace vedette::monitor
