// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/job_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace vedette::queue {
namespace {

// The kinds come as one text ",a,b,": neither database takes a list as a parameter of the other's
// form.
constexpr db::Sql kClaimSqlite(
    "job_claim",
    "WITH due AS MATERIALIZED (SELECT id FROM vedette_job WHERE state < 2 AND due_at <= $1 "
    "AND instr($2, ',' || kind || ',') > 0 ORDER BY priority DESC, due_at, id LIMIT $3) "
    "UPDATE vedette_job SET state = 1, claim = $4, due_at = $5, attempts = attempts + 1 "
    "FROM due WHERE vedette_job.id = due.id "
    "RETURNING vedette_job.id, kind, dedupe_key, payload, priority, attempts, created_at, "
    "expires_at, traceparent, cancel_requested");
// Others' rows are passed over, so that claimers do not wait for each other.
constexpr db::Sql kClaimPostgres(
    "job_claim",
    "WITH due AS MATERIALIZED (SELECT id FROM vedette_job WHERE state < 2 AND due_at <= $1 "
    "AND position(',' || kind || ',' IN $2) > 0 ORDER BY priority DESC, due_at, id LIMIT $3 "
    "FOR UPDATE SKIP LOCKED) "
    "UPDATE vedette_job SET state = 1, claim = $4, due_at = $5, attempts = attempts + 1 "
    "FROM due WHERE vedette_job.id = due.id "
    "RETURNING vedette_job.id, kind, dedupe_key, payload, priority, attempts, created_at, "
    "expires_at, traceparent, cancel_requested");
constexpr db::Sql kExtend("job_extend",
                          "UPDATE vedette_job SET due_at = $3 "
                          "WHERE id = $1 AND claim = $2 AND state = 1 RETURNING cancel_requested");
constexpr db::Sql kEnd("job_end",
                       "DELETE FROM vedette_job WHERE id = $1 AND claim = $2 AND state = 1");
constexpr db::Sql kRetry("job_retry",
                         "UPDATE vedette_job SET state = 0, claim = NULL, due_at = $3, "
                         "error_code = $4 WHERE id = $1 AND claim = $2 AND state = 1");
constexpr db::Sql kGiveUp("job_give_up",
                          "UPDATE vedette_job SET state = 2, claim = NULL, due_at = $3, "
                          "error_code = $4 WHERE id = $1 AND claim = $2 AND state = 1");
constexpr db::Sql kRelease("job_release",
                           "UPDATE vedette_job SET state = 0, claim = NULL, due_at = $3, "
                           "attempts = attempts - 1 WHERE id = $1 AND claim = $2 AND state = 1");
constexpr db::Sql kReleaseClaim("job_release_claim",
                                "UPDATE vedette_job SET state = 0, claim = NULL, due_at = $2, "
                                "attempts = attempts - 1 WHERE state = 1 AND claim = $1");
constexpr db::Sql kDropDead(
    "job_drop_dead",
    "DELETE FROM vedette_job WHERE state = 2 AND id IN ("
    "SELECT id FROM (SELECT id FROM vedette_job WHERE state = 2 AND due_at < $1 "
    "ORDER BY due_at LIMIT 1000) AS old UNION ALL "
    "SELECT id FROM (SELECT id FROM vedette_job WHERE state = 2 "
    "ORDER BY due_at DESC, id LIMIT 1000 OFFSET $2) AS surplus)");
constexpr db::Sql kExists("job_exists", "SELECT 1 FROM vedette_job WHERE id = $1");
// Bounded, so that a long queue costs no more than a short one.
constexpr db::Sql kCount(
    "job_count",
    "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM vedette_job WHERE state = 0 LIMIT 10000) AS a), "
    "(SELECT COUNT(*) FROM (SELECT 1 FROM vedette_job WHERE state = 1 LIMIT 10000) AS b), "
    "(SELECT COUNT(*) FROM (SELECT 1 FROM vedette_job WHERE state = 2 LIMIT 10000) AS c), "
    "(SELECT MIN(due_at) FROM vedette_job WHERE state = 0), "
    "(SELECT MIN(due_at) FROM vedette_job WHERE state = 2)");

Claimed ReadClaimed(const db::Row& row, const Uuid& claim) {
  Claimed claimed;
  Job& job = claimed.job;
  job.id = Uuid::FromBytes(row.Blob(0)).value_or(Uuid{});
  job.kind = row.Text(1);
  if (!row.IsNull(2)) job.key = row.Text(2);
  job.payload = row.Blob(3);
  job.priority = row.Int(4);
  job.attempt = row.Int(5);
  job.created_at = FromUnixMicros(row.Int(6));
  if (!row.IsNull(7)) job.expires_at = FromUnixMicros(row.Int(7));
  if (!row.IsNull(8)) {
    job.trace = TraceContext::FromTraceparent(row.Text(8)).value_or(TraceContext{});
  }
  job.claim = claim;
  claimed.cancel_requested = row.Bool(9);
  return claimed;
}

Task<Result<bool>> Change(db::Database& database,
                          db::Sql sql,
                          db::Params params,
                          Deadline deadline) {
  VEDETTE_CO_TRY(const db::Rows rows, co_await database.Query(deadline, sql, std::move(params)));
  co_return rows.affected > 0;
}

std::string NameOf(Code code) { return std::string(Describe(code).name); }

}  // namespace

Task<Result<std::vector<Claimed>>> Claim(db::Database& database,
                                         ClaimRequest request,
                                         Deadline deadline) {
  std::string kinds = ",";
  for (const std::string& kind : request.kinds) kinds.append(kind).append(",");
  db::Params params{request.now, std::move(kinds), request.limit, IdValue(request.claim),
                    request.until};
  const db::Sql sql = database.dialect() == db::Dialect::kSqlite ? kClaimSqlite : kClaimPostgres;
  VEDETTE_CO_TRY(const db::Rows rows, co_await database.Query(deadline, sql, std::move(params)));
  std::vector<Claimed> claimed;
  claimed.reserve(rows.size());
  for (const db::Row& row : rows) claimed.push_back(ReadClaimed(row, request.claim));
  // RETURNING promises no order. ~ turns the order around for every number.
  std::ranges::sort(
      claimed, {}, [](const Claimed& each) { return std::tuple(~each.job.priority, each.job.id); });
  co_return claimed;
}

Task<Result<ClaimState>> Extend(
    db::Database& database, Uuid id, Uuid claim, Timestamp until, Deadline deadline) {
  db::Params params{IdValue(id), IdValue(claim), ToUnixMicros(until)};
  VEDETTE_CO_TRY(const db::Rows rows,
                 co_await database.Query(deadline, kExtend, std::move(params)));
  if (rows.empty()) co_return ClaimState::kLost;
  co_return rows[0].Bool(0) ? ClaimState::kCancelRequested : ClaimState::kHeld;
}

Task<Result<bool>> End(db::Database& database, Uuid id, Uuid claim, Deadline deadline) {
  co_return co_await Change(database, kEnd, {IdValue(id), IdValue(claim)}, deadline);
}

Task<Result<bool>> Retry(
    db::Database& database, Uuid id, Uuid claim, Timestamp at, Code error, Deadline deadline) {
  db::Params params{IdValue(id), IdValue(claim), ToUnixMicros(at), NameOf(error)};
  co_return co_await Change(database, kRetry, std::move(params), deadline);
}

Task<Result<bool>> GiveUp(
    db::Database& database, Uuid id, Uuid claim, Timestamp now, Code error, Deadline deadline) {
  db::Params params{IdValue(id), IdValue(claim), ToUnixMicros(now), NameOf(error)};
  co_return co_await Change(database, kGiveUp, std::move(params), deadline);
}

Task<Result<bool>> Release(
    db::Database& database, Uuid id, Uuid claim, Timestamp now, Deadline deadline) {
  db::Params params{IdValue(id), IdValue(claim), ToUnixMicros(now)};
  co_return co_await Change(database, kRelease, std::move(params), deadline);
}

Task<Result<std::int64_t>> ReleaseClaim(db::Database& database,
                                        Uuid claim,
                                        Timestamp now,
                                        Deadline deadline) {
  db::Params params{IdValue(claim), ToUnixMicros(now)};
  VEDETTE_CO_TRY(const db::Rows rows,
                 co_await database.Query(deadline, kReleaseClaim, std::move(params)));
  co_return rows.affected;
}

Task<Result<std::int64_t>> DropDeadJobs(db::Database& database,
                                        Timestamp oldest,
                                        std::int64_t most,
                                        Deadline deadline) {
  db::Params params{ToUnixMicros(oldest), most};
  VEDETTE_CO_TRY(const db::Rows rows,
                 co_await database.Query(deadline, kDropDead, std::move(params)));
  co_return rows.affected;
}

Task<Result<bool>> Exists(db::Database& database, Uuid id, Deadline deadline) {
  VEDETTE_CO_TRY(const db::Rows rows, co_await database.Query(deadline, kExists, {IdValue(id)}));
  co_return !rows.empty();
}

Task<Result<JobCounts>> Count(db::Database& database, Deadline deadline) {
  VEDETTE_CO_TRY(const db::Rows rows, co_await database.Query(deadline, kCount));
  const db::Row& row = rows[0];
  co_return JobCounts{row.Int(0), row.Int(1), row.Int(2), row.IsNull(3) ? 0 : row.Int(3),
                      row.IsNull(4) ? 0 : row.Int(4)};
}

}  // namespace vedette::queue
