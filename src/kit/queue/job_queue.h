// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kit/db/database.h"
#include "kit/queue/job.h"
#include "kit/queue/wakeup.h"

namespace vedette::queue {

// The durable queue in a service's own database (tables.h), for those who ask for work and for
// those who look after it; JobRunner does the work. A job is done at least once: its row is there
// until a handler answered success and the end was written, so a handler whose process dies, or
// whose claim ran out, is begun again. An effect that must not be repeated is committed together
// with the end of the job (Finish), or is idempotent by the job's id. Thread-safe.
class JobQueue {
 public:
  // `database` and `clock` outlive it.
  JobQueue(db::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  // Part of the caller's transaction: no commit, no job. Once committed, the runners of this
  // process are woken; others find it at their next poll. kInvalidArgument for what is no kind.
  Task<Result<Enqueued>> Enqueue(db::Transaction& transaction, JobRequest request);
  // In a transaction of its own.
  Task<Result<Enqueued>> Enqueue(JobRequest request, Deadline deadline);

  // Ends the job as part of the handler's own transaction, so that both come to be or neither.
  // kConflict when the claim is another's by now: roll back.
  Task<Status> Finish(db::Transaction& transaction, Job job);

  // A job that waits is gone; one that runs is told to stop and then is gone. kNotFound when no
  // such job waits or runs.
  Task<Status> Cancel(Uuid id, Deadline deadline);

  // Takes back the job of this kind and key, as part of the caller's transaction, if it waits.
  // False when it does not: it runs, or there is none.
  Task<Result<bool>> Withdraw(db::Transaction& transaction, std::string kind, std::string key);

  // The jobs given up, newest first, at most `limit` of them (1 … 1000).
  Task<Result<std::vector<DeadJob>>> DeadJobs(std::int64_t limit, Deadline deadline);
  // Begins a job that was given up anew, with all its attempts. kNotFound; kAlreadyExists when a
  // job of its kind and key waits or runs.
  Task<Status> Requeue(Uuid id, Deadline deadline);
  // Forgets a job that was given up. kNotFound.
  Task<Status> Discard(Uuid id, Deadline deadline);

  db::Database& database() const { return database_; }
  const Clock& clock() const { return clock_; }
  const Wakeup& wakeup() const { return wakeup_; }

 private:
  db::Database& database_;
  const Clock& clock_;
  const Wakeup wakeup_;
};

}  // namespace vedette::queue
