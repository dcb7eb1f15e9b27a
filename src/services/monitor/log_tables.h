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
#include "services/monitor/group_plan.h"
#include "services/monitor/types.h"

// The statements of the write path, each inside somebody's transaction.
namespace vedette::monitor {

// Makes `owner` the only one who may write. Waits for the transactions of who was it before.
Task<Status> TakeOverLog(db::Database& database, Deadline deadline, std::string owner);

// To begin a writing transaction with: keeps every other writer away until its end, and gives the
// time for what it receives: `now`, or that of the log's latest event if that is later. nullopt
// when `owner` has been taken over from.
struct Claim {
  Timestamp received_at{};
  std::int64_t transaction = 0;  // one more than that of the writing transaction before
};
Task<Result<std::optional<Claim>>> ClaimLog(db::Transaction& transaction,
                                            std::string owner,
                                            Timestamp now);

struct NewEvent {
  const PreparedEvent* event;
  const Lineage* lineage;
};

// Inserts the events whose key is not in the log yet. By position: whether it was inserted.
Task<Result<std::vector<bool>>> InsertEvents(db::Transaction& transaction,
                                             std::vector<NewEvent> events,
                                             Timestamp received_at);

// Tells the plan what the log holds of the versions that its corrections name.
Task<Status> FindTargets(db::Transaction& transaction, GroupPlan& plan);
// Of events just inserted that correct others.
Task<Status> InsertCorrections(db::Transaction& transaction, std::vector<NewEvent> corrections);

// By position: the content of the event in the log with that study and key, if there is one.
Task<Result<std::vector<std::optional<ShortHash>>>> FindContents(
    db::Transaction& transaction, std::vector<const PreparedEvent*> events);

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

// A subject as the log knows it.
struct LoggedSubject {
  std::string id;
  std::string number;
  std::string site_id;
  bool operator==(const LoggedSubject&) const = default;
};
// Of whom there are events of the study with first < sequence ≤ last.
Task<Result<std::vector<LoggedSubject>>> FindSubjects(db::Transaction& transaction,
                                                      std::string study_id,
                                                      std::int64_t first,
                                                      std::int64_t last);
// The subjects of a study, by id, after `after`.
Task<Result<std::vector<LoggedSubject>>> ListSubjects(db::Transaction& transaction,
                                                      std::string study_id,
                                                      std::string after,
                                                      std::int64_t limit);
Task<Status> PutSubjects(db::Transaction& transaction,
                         std::vector<std::pair<std::string, LoggedSubject>> subjects);

Task<Status> MarkCovered(db::Transaction& transaction, std::string version_id);

}  // namespace vedette::monitor
