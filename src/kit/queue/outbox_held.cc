// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/outbox_held.h"

#include <algorithm>

namespace vedette::queue {
namespace {

constexpr std::int64_t kMostHeld = 1000;

constexpr db::Sql kHeld(
    "outbox_held",
    "SELECT message.sequence, message.topic, hold.failures, message.created_at, hold.until "
    "FROM (SELECT message_key, failures, until FROM vedette_outbox_hold "
    "ORDER BY failures DESC, message_key LIMIT $1) AS hold "
    "JOIN vedette_outbox AS message ON message.sequence = (SELECT head.sequence "
    "FROM vedette_outbox AS head WHERE head.message_key = hold.message_key "
    "ORDER BY head.sequence LIMIT 1) ORDER BY hold.failures DESC, message.sequence");
// What the relay does after a batch waits for this row, or this for it.
constexpr db::Sql kLock("outbox_lock",
                        "UPDATE vedette_outbox_relay SET until = until WHERE id = 1");
constexpr db::Sql kSkip(
    "outbox_skip",
    "DELETE FROM vedette_outbox WHERE sequence = $1 "
    "AND message_key IN (SELECT message_key FROM vedette_outbox_hold) "
    "AND NOT EXISTS (SELECT 1 FROM vedette_outbox AS before WHERE before.sequence < $1 "
    "AND before.message_key = vedette_outbox.message_key) RETURNING message_key");
constexpr db::Sql kRelease("outbox_release_skipped",
                           "DELETE FROM vedette_outbox_hold WHERE message_key = $1");

}  // namespace

Task<Result<std::vector<HeldMessage>>> HeldMessages(db::Database& database,
                                                    std::int64_t limit,
                                                    Deadline deadline) {
  limit = std::clamp<std::int64_t>(limit, 1, kMostHeld);
  VEDETTE_CO_TRY(const db::Rows rows, co_await database.Query(deadline, kHeld, {limit}));
  std::vector<HeldMessage> held;
  held.reserve(rows.size());
  for (const db::Row& row : rows) {
    held.push_back({.sequence = row.Int(0),
                    .topic = row.Text(1),
                    .failures = row.Int(2),
                    .created_at = FromUnixMicros(row.Int(3)),
                    .next_attempt = FromUnixMicros(row.Int(4))});
  }
  co_return held;
}

Task<Status> SkipMessage(db::Database& database, std::int64_t sequence, Deadline deadline) {
  VEDETTE_CO_TRY(const auto transaction, co_await database.BeginWrite(deadline));
  VEDETTE_CO_CHECK_OK(co_await transaction->Query(kLock));
  VEDETTE_CO_TRY(const db::Rows skipped, co_await transaction->Query(kSkip, {sequence}));
  if (skipped.empty()) {
    co_return Fail(Code::kNotFound, "No such message holds back others.");
  }
  VEDETTE_CO_CHECK_OK(co_await transaction->Query(kRelease, {skipped[0].Text(0)}));
  co_return co_await transaction->Commit();
}

}  // namespace vedette::queue
