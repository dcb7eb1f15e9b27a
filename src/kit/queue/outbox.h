// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kit/db/database.h"
#include "kit/queue/wakeup.h"
#include "kit/telemetry/trace_context.h"

namespace vedette::queue {

// What others are to be told of. Ids only: whoever is told asks for the rest, and is then checked.
struct OutboxMessage {
  std::string topic;  // from a closed set, e.g. "monitor.alert.raised"
  std::string key;    // messages of one key are published in the order they were added
  std::string payload;
  Timestamp created_at;
  TraceContext trace = {};
};

// The transactional outbox: messages are written with what they tell of, and published by an
// OutboxRelay after the commit. Thread-safe.
class Outbox {
 public:
  // Part of the caller's transaction; wakes the relay of this process once committed. Writers of
  // one key must take turns (a lock, a version) if its order is to be meaningful.
  Task<Status> Add(db::Transaction& transaction, std::vector<OutboxMessage> messages) const;

  const Wakeup& wakeup() const { return wakeup_; }

 private:
  const Wakeup wakeup_;
};

}  // namespace vedette::queue
