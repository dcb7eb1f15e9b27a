// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/uuid.h"
#include "kit/db/database.h"
#include "kit/telemetry/trace_context.h"

namespace vedette::queue {

// What a relay does to the tables of the outbox.

struct OutboxRow {
  std::int64_t sequence = 0;
  std::string topic;
  std::string key;
  std::string payload;
  TraceContext trace;
  Timestamp created_at;
  std::int64_t failures = 0;  // of its key, until now
};

// Takes the lease, or keeps it. False while another has it.
Task<Result<bool>> TakeLease(
    db::Database& database, Uuid owner, Timestamp now, Timestamp until, Deadline deadline);
Task<Status> GiveLease(db::Database& database, Uuid owner, Deadline deadline);

// The first `limit` messages of keys that do not wait, in order. What is committed late is found
// all the same: nothing is remembered of what was read.
Task<Result<std::vector<OutboxRow>>> ReadOutbox(db::Database& database,
                                                std::int64_t limit,
                                                Timestamp now,
                                                Deadline deadline);

// The key of a message that failed.
struct HeldKey {
  std::int64_t sequence = 0;
  std::int64_t failures = 0;
  Timestamp until;
};

// What a batch came to, in one transaction.
struct OutboxOutcome {
  std::vector<std::int64_t> published;
  std::vector<HeldKey> held;          // that failed now
  std::vector<std::string> released;  // that waited before and go on
};
// False, and nothing written, when the lease is another's by now.
Task<Result<bool>> WriteOutcome(
    db::Database& database, Uuid owner, Timestamp until, OutboxOutcome outcome, Deadline deadline);

struct OutboxLag {
  std::int64_t waiting = 0;
  std::int64_t held_keys = 0;
  std::int64_t oldest_created = 0;  // 0: none waits
};
Task<Result<OutboxLag>> ReadLag(db::Database& database, Deadline deadline);

}  // namespace vedette::queue
