// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/job_queue.h"

#include <algorithm>
#include <utility>

#include "kit/queue/job_table.h"

namespace vedette::queue {
namespace {

constexpr db::Sql kInsert(
    "job_insert",
    "INSERT INTO vedette_job (id, kind, dedupe_key, payload, priority, state, due_at, expires_at, "
    "attempts, cancel_requested, traceparent, created_at) "
    "VALUES ($1, $2, $3, $4, $5, 0, $6, $7, 0, FALSE, $8, $9) "
    "ON CONFLICT (kind, dedupe_key) WHERE state < 2 DO NOTHING");
constexpr db::Sql kFindByKey(
    "job_find_by_key",
    "SELECT id FROM vedette_job WHERE kind = $1 AND dedupe_key = $2 AND state < 2");
constexpr db::Sql kFinish("job_finish",
                          "DELETE FROM vedette_job WHERE id = $1 AND claim = $2 AND state = 1");
constexpr db::Sql kRequestCancel(
    "job_request_cancel",
    "UPDATE vedette_job SET cancel_requested = TRUE WHERE id = $1 AND state < 2");
constexpr db::Sql kDropWaiting("job_drop_waiting",
                               "DELETE FROM vedette_job WHERE id = $1 AND state = 0");
constexpr db::Sql kWithdraw(
    "job_withdraw", "DELETE FROM vedette_job WHERE kind = $1 AND dedupe_key = $2 AND state = 0");
constexpr db::Sql kDead(
    "job_dead",
    "SELECT id, kind, dedupe_key, attempts, error_code, created_at, due_at FROM vedette_job "
    "WHERE state = 2 ORDER BY due_at DESC, id LIMIT $1");
constexpr db::Sql kRequeue(
    "job_requeue",
    "UPDATE vedette_job SET state = 0, due_at = $2, attempts = 0, expires_at = NULL, "
    "cancel_requested = FALSE WHERE id = $1 AND state = 2");
constexpr db::Sql kDiscard("job_discard", "DELETE FROM vedette_job WHERE id = $1 AND state = 2");

constexpr int kInsertAttempts = 5;
constexpr std::int64_t kMostDeadJobs = 1000;

// NULL where a text is optional.
db::Value OrNull(std::string text) {
  if (text.empty()) return db::kNull;
  return text;
}

db::Params InsertParams(const JobRequest& request, const Uuid& id, Timestamp now) {
  const db::Value expires =
      request.deadline ? db::Value(ToUnixMicros(*request.deadline)) : db::Value(db::kNull);
  return {IdValue(id),
          request.kind,
          OrNull(request.key),
          Bytes{request.payload},
          request.priority,
          ToUnixMicros(request.not_before.value_or(now)),
          expires,
          OrNull(request.trace.IsValid() ? request.trace.ToTraceparent() : std::string()),
          ToUnixMicros(now)};
}

std::unexpected<Error> NoSuchJob() { return Fail(Code::kNotFound, "There is no such job."); }

}  // namespace

Task<Result<Enqueued>> JobQueue::Enqueue(db::Transaction& transaction, JobRequest request) {
  if (!IsJobKind(request.kind)) {
    co_return Fail(Code::kInvalidArgument, "A job has a kind, of letters, digits and _ . -");
  }
  const Timestamp now = clock_.Now();
  const Uuid id = NewUuid(now);
  // The job that stands in the way may end in between.
  for (int attempt = 0; attempt < kInsertAttempts; ++attempt) {
    VEDETTE_CO_TRY(const db::Rows inserted,
                   co_await transaction.Query(kInsert, InsertParams(request, id, now)));
    if (inserted.affected > 0) {
      transaction.OnCommit([wakeup = wakeup_] { wakeup.Notify(); });
      co_return Enqueued{id, true};
    }
    VEDETTE_CO_TRY(const db::Rows found,
                   co_await transaction.Query(kFindByKey, {request.kind, request.key}));
    if (found.empty()) continue;
    VEDETTE_CO_TRY(const Uuid there, Uuid::FromBytes(found[0].Blob(0)));
    co_return Enqueued{there, false};
  }
  co_return Fail(Code::kConflict, "Jobs of this key come and go too fast; try again.");
}

Task<Result<Enqueued>> JobQueue::Enqueue(JobRequest request, Deadline deadline) {
  if (!request.trace.IsValid()) request.trace = deadline.trace;
  VEDETTE_CO_TRY(const auto transaction, co_await database_.BeginWrite(deadline));
  VEDETTE_CO_TRY(const Enqueued enqueued, co_await Enqueue(*transaction, std::move(request)));
  VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
  co_return enqueued;
}

Task<Status> JobQueue::Finish(db::Transaction& transaction, Job job) {
  VEDETTE_CO_TRY(const db::Rows ended,
                 co_await transaction.Query(kFinish, {IdValue(job.id), IdValue(job.claim)}));
  if (ended.affected == 0) co_return Fail(Code::kConflict, "The job was taken by another runner.");
  co_return Status();
}

Task<Status> JobQueue::Cancel(Uuid id, Deadline deadline) {
  VEDETTE_CO_TRY(const auto transaction, co_await database_.BeginWrite(deadline));
  // First what locks the row, whatever state it is in.
  VEDETTE_CO_TRY(const db::Rows told, co_await transaction->Query(kRequestCancel, {IdValue(id)}));
  if (told.affected == 0) co_return NoSuchJob();
  VEDETTE_CO_CHECK_OK(co_await transaction->Query(kDropWaiting, {IdValue(id)}));
  co_return co_await transaction->Commit();
}

Task<Result<bool>> JobQueue::Withdraw(db::Transaction& transaction,
                                      std::string kind,
                                      std::string key) {
  VEDETTE_CO_TRY(const db::Rows dropped,
                 co_await transaction.Query(kWithdraw, {std::move(kind), std::move(key)}));
  co_return dropped.affected > 0;
}

Task<Result<std::vector<DeadJob>>> JobQueue::DeadJobs(std::int64_t limit, Deadline deadline) {
  limit = std::clamp<std::int64_t>(limit, 1, kMostDeadJobs);
  VEDETTE_CO_TRY(const db::Rows rows, co_await database_.Query(deadline, kDead, {limit}));
  std::vector<DeadJob> dead;
  dead.reserve(rows.size());
  for (const db::Row& row : rows) {
    VEDETTE_CO_TRY(const Uuid id, Uuid::FromBytes(row.Blob(0)));
    dead.push_back({.id = id,
                    .kind = row.Text(1),
                    .key = row.IsNull(2) ? std::string() : row.Text(2),
                    .attempts = row.Int(3),
                    .error = CodeFromName(row.Text(4)).value_or(Code::kInternal),
                    .created_at = FromUnixMicros(row.Int(5)),
                    .died_at = FromUnixMicros(row.Int(6))});
  }
  co_return dead;
}

Task<Status> JobQueue::Requeue(Uuid id, Deadline deadline) {
  db::Params params{IdValue(id), ToUnixMicros(clock_.Now())};
  VEDETTE_CO_TRY(const db::Rows rows,
                 co_await database_.Query(deadline, kRequeue, std::move(params)));
  if (rows.affected == 0) co_return NoSuchJob();
  wakeup_.Notify();
  co_return Status();
}

Task<Status> JobQueue::Discard(Uuid id, Deadline deadline) {
  VEDETTE_CO_TRY(const db::Rows rows, co_await database_.Query(deadline, kDiscard, {IdValue(id)}));
  if (rows.affected == 0) co_return NoSuchJob();
  co_return Status();
}

}  // namespace vedette::queue
