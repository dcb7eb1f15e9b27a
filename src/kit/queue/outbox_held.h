// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kit/db/database.h"

namespace vedette::queue {

// For those who look after an outbox. A message that cannot be published holds back its key until
// it can, for ever: order is a promise, and a subscriber that is away must cost no message. What no
// subscriber will ever take is skipped by a person.

struct HeldMessage {
  std::int64_t sequence = 0;
  std::string topic;
  std::int64_t failures = 0;  // so far
  Timestamp created_at;
  Timestamp next_attempt;
};

// The messages that hold back their keys, the most failed first; at most `limit` (1 … 1000).
Task<Result<std::vector<HeldMessage>>> HeldMessages(db::Database& database,
                                                    std::int64_t limit,
                                                    Deadline deadline);

// Deletes a message that holds back its key, unpublished; what waits behind it goes on at the
// relay's next look. kNotFound when no such message holds one back.
Task<Status> SkipMessage(db::Database& database, std::int64_t sequence, Deadline deadline);

}  // namespace vedette::queue
