// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/outbox_table.h"

#include <utility>

#include "kit/queue/job_table.h"

namespace vedette::queue {
namespace {

constexpr db::Sql kTakeLease("outbox_take_lease",
                             "UPDATE vedette_outbox_relay SET owner = $1, until = $3 "
                             "WHERE id = 1 AND (owner = $1 OR until < $2)");
constexpr db::Sql kKeepLease("outbox_keep_lease",
                             "UPDATE vedette_outbox_relay SET until = $2 "
                             "WHERE id = 1 AND owner = $1");
constexpr db::Sql kGiveLease("outbox_give_lease",
                             "UPDATE vedette_outbox_relay SET owner = NULL, until = 0 "
                             "WHERE id = 1 AND owner = $1");
constexpr db::Sql kRead("outbox_read",
                        "SELECT message.sequence, message.topic, message.message_key, "
                        "message.payload, message.traceparent, message.created_at, "
                        "COALESCE(hold.failures, 0) FROM vedette_outbox AS message "
                        "LEFT JOIN vedette_outbox_hold AS hold "
                        "ON hold.message_key = message.message_key "
                        "WHERE hold.until IS NULL OR hold.until <= $1 "
                        "ORDER BY message.sequence LIMIT $2");
// The numbers come as one text, [1,2] or {1,2}: neither database takes the other's form of a list.
constexpr db::Sql kDeleteSqlite(
    "outbox_delete",
    "DELETE FROM vedette_outbox WHERE sequence IN (SELECT value FROM json_each($1))");
constexpr db::Sql kDeletePostgres(
    "outbox_delete",
    "DELETE FROM vedette_outbox WHERE sequence = ANY (CAST(CAST($1 AS TEXT) AS BIGINT[]))");
constexpr db::Sql kRelease("outbox_release",
                           "DELETE FROM vedette_outbox_hold WHERE message_key = $1");
// Not when the message was skipped meanwhile.
constexpr db::Sql kHold("outbox_hold",
                        "INSERT INTO vedette_outbox_hold (message_key, failures, until) "
                        "SELECT message_key, CAST($2 AS BIGINT), CAST($3 AS BIGINT) "
                        "FROM vedette_outbox WHERE sequence = $1 "
                        "ON CONFLICT (message_key) DO UPDATE SET "
                        "failures = excluded.failures, until = excluded.until");
constexpr db::Sql kLag(
    "outbox_lag",
    "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM vedette_outbox LIMIT 10000) AS a), "
    "(SELECT COUNT(*) FROM (SELECT 1 FROM vedette_outbox_hold LIMIT 10000) AS b), "
    "(SELECT created_at FROM vedette_outbox ORDER BY sequence LIMIT 1)");

std::string ListOf(const std::vector<std::int64_t>& numbers, db::Dialect dialect) {
  const bool sqlite = dialect == db::Dialect::kSqlite;
  std::string list(1, sqlite ? '[' : '{');
  for (const std::int64_t number : numbers) {
    if (list.size() > 1) list += ',';
    list += std::to_string(number);
  }
  return list + (sqlite ? ']' : '}');
}

}  // namespace

Task<Result<bool>> TakeLease(
    db::Database& database, Uuid owner, Timestamp now, Timestamp until, Deadline deadline) {
  db::Params params{IdValue(owner), ToUnixMicros(now), ToUnixMicros(until)};
  VEDETTE_CO_TRY(const db::Rows rows,
                 co_await database.Query(deadline, kTakeLease, std::move(params)));
  co_return rows.affected > 0;
}

Task<Status> GiveLease(db::Database& database, Uuid owner, Deadline deadline) {
  VEDETTE_CO_CHECK_OK(co_await database.Query(deadline, kGiveLease, {IdValue(owner)}));
  co_return Status();
}

Task<Result<std::vector<OutboxRow>>> ReadOutbox(db::Database& database,
                                                std::int64_t limit,
                                                Timestamp now,
                                                Deadline deadline) {
  db::Params params{ToUnixMicros(now), limit};
  VEDETTE_CO_TRY(const db::Rows rows, co_await database.Query(deadline, kRead, std::move(params)));
  std::vector<OutboxRow> messages;
  messages.reserve(rows.size());
  for (const db::Row& row : rows) {
    OutboxRow message{.sequence = row.Int(0),
                      .topic = row.Text(1),
                      .key = row.Text(2),
                      .payload = row.Blob(3),
                      .trace = {},
                      .created_at = FromUnixMicros(row.Int(5)),
                      .failures = row.Int(6)};
    if (!row.IsNull(4)) {
      message.trace = TraceContext::FromTraceparent(row.Text(4)).value_or(TraceContext{});
    }
    messages.push_back(std::move(message));
  }
  co_return messages;
}

Task<Result<bool>> WriteOutcome(
    db::Database& database, Uuid owner, Timestamp until, OutboxOutcome outcome, Deadline deadline) {
  VEDETTE_CO_TRY(const auto transaction, co_await database.BeginWrite(deadline));
  VEDETTE_CO_TRY(const db::Rows kept,
                 co_await transaction->Query(kKeepLease, {IdValue(owner), ToUnixMicros(until)}));
  if (kept.affected == 0) co_return false;
  if (!outcome.published.empty()) {
    const db::Dialect dialect = database.dialect();
    VEDETTE_CO_CHECK_OK(co_await transaction->Query(
        dialect == db::Dialect::kSqlite ? kDeleteSqlite : kDeletePostgres,
        {ListOf(outcome.published, dialect)}));
  }
  for (const std::string& key : outcome.released) {
    VEDETTE_CO_CHECK_OK(co_await transaction->Query(kRelease, {key}));
  }
  for (const HeldKey& each : outcome.held) {
    VEDETTE_CO_CHECK_OK(co_await transaction->Query(
        kHold, {each.sequence, each.failures, ToUnixMicros(each.until)}));
  }
  VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
  co_return true;
}

Task<Result<OutboxLag>> ReadLag(db::Database& database, Deadline deadline) {
  VEDETTE_CO_TRY(const db::Rows rows, co_await database.Query(deadline, kLag));
  const db::Row& row = rows[0];
  co_return OutboxLag{row.Int(0), row.Int(1), row.IsNull(2) ? 0 : row.Int(2)};
}

}  // namespace vedette::queue
