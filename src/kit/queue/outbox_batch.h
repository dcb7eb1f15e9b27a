// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "base/random.h"
#include "kit/queue/backoff.h"
#include "kit/queue/outbox_table.h"

namespace vedette::queue {

// The messages of one key in a batch, and how far their publishing went.
struct KeyBatch {
  std::vector<OutboxRow> messages;  // one at least
  std::size_t published = 0;
  bool failed = false;  // the message after the published ones
};

// By key, in the order of their first messages.
std::vector<KeyBatch> ByKey(std::vector<OutboxRow> rows);

// What is to be written: the published messages go, a key that failed waits with full jitter, one
// that waited and went on is released.
OutboxOutcome OutcomeOf(const std::vector<KeyBatch>& batches,
                        const BackoffOptions& backoff,
                        RandomSource& random,
                        Timestamp now);

}  // namespace vedette::queue
