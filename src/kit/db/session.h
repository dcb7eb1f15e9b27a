// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kit/db/sql.h"
#include "kit/task/deadline.h"
#include "kit/task/signal.h"
#include "kit/task/task.h"

namespace vedette::db {

enum class Access { kRead, kWrite };

// One statement on its way to a worker, and its answer on the way back.
struct Job {
  enum class Kind { kBegin, kQuery, kInsert, kScript, kCommit };

  explicit Job(Kind job_kind, std::string_view job_name) : kind(job_kind), name(job_name) {}

  const Kind kind;
  const std::string_view name;       // of the statement; outlives the job
  std::string_view text;             // kQuery; outlives the job
  Params params;                     // kQuery
  std::optional<BulkInsert> insert;  // kInsert
  std::string script;                // kScript

  Result<Rows> answer = Rows{};  // written before `done` is set, read after
  Signal done;

  void Finish(Result<Rows> result) {
    answer = std::move(result);
    done.Set();
  }
};

// The use of one connection: one statement, or a transaction. The caller's coroutine puts jobs, one
// at a time; a worker that owns a connection takes them. Thread-safe.
class Session {
 public:
  Session(Access session_access, Deadline session_deadline)
      : access(session_access), deadline(session_deadline) {}

  const Access access;
  const Deadline deadline;

  // Caller's side. A job put after the session is over is answered at once.
  void Put(std::shared_ptr<Job> job);
  // No job follows.
  void End();
  // As End, and the job that runs is to be stopped: nobody waits for it.
  void Abandon();

  // Worker's side. The next job; null when the session is over: ended, or its deadline passed while
  // it had nothing to do.
  std::shared_ptr<Job> TakeBlocking();
  Task<std::shared_ptr<Job>> Take();
  // `stop` is called, from any thread, when the session is abandoned; null to forget it.
  void OnAbandon(std::function<void()> stop);
  bool abandoned() const { return abandoned_.load(std::memory_order_relaxed); }

 private:
  void Expire();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Signal> wake_;
  std::shared_ptr<Job> pending_;
  std::function<void()> stop_;
  std::atomic<bool> abandoned_ = false;
  bool ended_ = false;
};

}  // namespace vedette::db
