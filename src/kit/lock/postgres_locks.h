// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "kit/db/database.h"
#include "kit/lock/lock_base.h"

namespace vedette::lock {

// Advisory locks of PostgreSQL, for who shares a service's schema; each held by an open transaction
// on a connection of its own: it ends with the connection, and the server ends a connection that
// was silent for the ttl. No vacuum waits for these transactions, as they neither read a table nor
// write.
class PostgresLocks final : public LockManagerBase {
 public:
  // `database` is PostgreSQL, best one opened for locks alone, and outlives it. `limit` locks at a
  // time, at least one fewer than its pool has connections: beyond that kResourceExhausted.
  PostgresLocks(db::Database& database, std::int64_t limit, LockDependencies dependencies);

  // Makes what tokens are counted with, unless it is there. Before the first lock.
  Task<Status> Prepare(Deadline deadline);

 private:
  class PostgresGrip;

  Task<Result<Taken>> Take(std::string key,
                           std::chrono::milliseconds ttl,
                           Deadline deadline) override;

  db::Database& database_;
  const std::int64_t limit_;
  const std::shared_ptr<std::atomic<std::int64_t>> in_use_;
};

// PostgresLocks, prepared, or LocalLocks: whoever shares an SQLite file is in one process.
Task<Result<std::unique_ptr<LockManager>>> MakeDatabaseLocks(db::Database& database,
                                                             std::int64_t limit,
                                                             LockDependencies dependencies,
                                                             Deadline deadline);

}  // namespace vedette::lock
