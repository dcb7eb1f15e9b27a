// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "kit/db/database.h"
#include "services/monitor/detector.h"
#include "services/monitor/subject_history.h"

namespace vedette::monitor {

// Where the observations that findings speak of are in the log: the newest version of each.
class EventLookup {
 public:
  // From the transaction's own events where they are among them, else from the log.
  static Task<Result<EventLookup>> Of(db::Transaction& transaction,
                                      const Findings& findings,
                                      const std::vector<Recorded>& recorded,
                                      Timestamp now);

  // nullptr when the log does not hold it.
  const LoggedEvent* Find(const std::string& subject_id,
                          const std::string& item,
                          std::uint64_t key) const;

 private:
  using Place = std::tuple<std::string, std::string, std::uint64_t>;
  std::map<Place, LoggedEvent> events_;
};

}  // namespace vedette::monitor
