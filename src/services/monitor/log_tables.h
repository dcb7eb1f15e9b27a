// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kit/db/database.h"
#include "services/monitor/types.h"

// The statements of the write path, each inside somebody's transaction.
namespace vedette::monitor {

// Makes `owner` the only one who may write. Waits for the transactions of who was it before.
Task<Status> TakeOverLog(db::Database& database, Deadline deadline, std::string owner);

// To begin a writing transaction with: keeps every other writer away until its end, and gives the
// time for what it receives: `now`, or that of the log's latest event if that is later. nullopt
// when `owner` has been taken over from.
Task<Result<std::optional<Timestamp>>> ClaimLog(db::Transaction& transaction,
                                                std::string owner,
                                                Timestamp now);

// Inserts the events whose key is not in the log yet. By position: whether it was inserted.
Task<Result<std::vector<bool>>> InsertEvents(db::Transaction& transaction,
                                             std::vector<const PreparedEvent*> events,
                                             Timestamp received_at);

// By position: the content of the event in the log with that study and key, if there is one.
Task<Result<std::vector<std::optional<ShortHash>>>> FindContents(
    db::Transaction& transaction, std::vector<const PreparedEvent*> events);

// Inserts the alerts that are not there yet, and an outbox row for each. By position: inserted.
Task<Result<std::vector<bool>>> InsertAlerts(db::Transaction& transaction,
                                             std::vector<AlertRecord> alerts);

// By study and site.
using SiteCounts = std::map<std::pair<std::string_view, std::string_view>, std::int64_t>;
Task<Status> AddCounts(db::Transaction& transaction, SiteCounts counts);

// The event with the highest sequence up to `sequence`.
struct LogPosition {
  std::int64_t sequence;
  Timestamp received_at;
};
Task<Result<std::optional<LogPosition>>> FindPosition(db::Transaction& transaction,
                                                      std::int64_t sequence);

// The events of one study and item with first < sequence ≤ last.
Task<Result<std::vector<Event>>> ReadEvents(db::Transaction& transaction,
                                            std::string study_id,
                                            std::string item,
                                            std::int64_t first,
                                            std::int64_t last);

Task<Status> MarkCovered(db::Transaction& transaction, std::string version_id);

}  // namespace vedette::monitor
