// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kit/db/sql.h"
#include "kit/db/state.h"
#include "kit/task/deadline.h"
#include "kit/task/task.h"
#include "kit/telemetry/trace_context.h"

namespace vedette::db {

enum class Dialect { kSqlite, kPostgres };

// An open transaction. Used by one coroutine. Destroyed without Commit, it is rolled back (also
// when the coroutine was cancelled). After a statement failed only destruction is left, except that
// a kAlreadyExists/kConflict answer inside Savepoint() rolls back to it.
class Transaction {
 public:
  virtual ~Transaction() = default;
  // The span that its statements hang under; all zero for none.
  virtual TraceContext trace() const { return {}; }
  virtual Task<Result<Rows>> Query(Sql sql, Params params = {}) = 0;
  // The rows that RETURNING gave, in no promised order.
  virtual Task<Result<Rows>> Insert(BulkInsert insert) = 0;
  // Several statements without parameters or rows, for migrations. `name` is a literal.
  virtual Task<Status> ExecuteScript(std::string_view name, std::string script) = 0;
  // A later call moves the savepoint.
  virtual Task<Status> Savepoint() = 0;
  // Undoes what came after the savepoint, a failed statement included.
  virtual Task<Status> RollbackToSavepoint() = 0;
  // Durable once this answers success: SQLite with synchronous=FULL, PostgreSQL with
  // synchronous_commit=on.
  virtual Task<Status> Commit() = 0;

  // `then` runs once Commit has succeeded, before its caller goes on; never otherwise. Undoing to a
  // savepoint does not undo it, so it is for what may come in vain, like waking a poller. It must
  // not throw.
  void OnCommit(std::move_only_function<void()> then) { on_commit_.push_back(std::move(then)); }

 protected:
  void Committed() {
    for (auto& then : std::exchange(on_commit_, {})) then();
  }

 private:
  std::vector<std::move_only_function<void()>> on_commit_;
};

// One service's database: its own SQLite file, or its own schema in PostgreSQL. Thread-safe; any
// coroutine on any executor may call. Errors: a unique violation is kAlreadyExists, any other
// constraint kFailedPrecondition, a passed deadline kDeadlineExceeded (the statement is cancelled
// in the server), a full wait queue kResourceExhausted, a lost or absent server kUnavailable (the
// pool reconnects by itself), a wrong statement kInternal. Messages hold no values. While it fails
// too often, most calls are refused at once (kUnavailable with retry_after); a transaction begun
// goes on. Each statement is a span under the deadline's trace.
class Database {
 public:
  virtual ~Database() = default;
  virtual Dialect dialect() const = 0;

  // One statement in its own transaction.
  virtual Task<Result<Rows>> Query(Deadline deadline, Sql sql, Params params = {}) = 0;

  // SQLite: writers wait for each other here, readers never. The deadline covers the whole
  // transaction.
  virtual Task<Result<std::unique_ptr<Transaction>>> BeginWrite(Deadline deadline) = 0;
  // A consistent snapshot.
  virtual Task<Result<std::unique_ptr<Transaction>>> BeginRead(Deadline deadline) = 0;

  // Refuses new work, waits for running work, closes.
  virtual Task<void> Close() = 0;

  // For the status page.
  virtual DatabaseState Snapshot() const { return {}; }
};

}  // namespace vedette::db
