// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kit/task/deadline.h"
#include "kit/task/task.h"

namespace vedette::queue {

// A message of an outbox on its way. `sequence` rises along a key and stays the same when the
// message comes again: a subscriber that remembers the last one knows a repetition.
struct Message {
  std::int64_t sequence = 0;
  std::string topic;
  std::string key;
  std::string payload;
  Timestamp created_at;
  Deadline deadline = {};  // with the span of the delivery
};

// Where an outbox's messages go. Success: whoever is to have the message has it for good. Any
// error: it comes again, and those of its key after it wait.
class Publisher {
 public:
  virtual ~Publisher() = default;
  virtual Task<Status> Publish(Message message) = 0;
};

}  // namespace vedette::queue
