// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "kit/config/section.h"
#include "kit/db/database.h"
#include "kit/queue/backoff.h"
#include "kit/queue/outbox.h"
#include "kit/queue/outbox_held.h"
#include "kit/queue/publisher.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/tracer.h"

namespace vedette::queue {

struct OutboxRelayOptions {
  std::int64_t batch = 200;                         // messages read at a time
  std::int64_t width = 8;                           // keys published at a time
  std::chrono::milliseconds lease{10'000};          // after which another relay takes over
  std::chrono::milliseconds poll{1000};             // ± a fifth; commits here wake it at once
  std::chrono::milliseconds publish_timeout{3000};  // a third of the lease at most
  BackoffOptions backoff{.first = std::chrono::milliseconds(100),
                         .longest = std::chrono::milliseconds(30'000)};
  std::chrono::milliseconds observe{5000};  // how often the lag is read

  void Describe(config::Section& section);
};

// Publishes an outbox, at least once, in order within a key, and deletes what was published. Of
// several relays on one database one works, by a lease; when it is gone, another takes over. A
// message that cannot be published holds back its key alone, and is tried again with full jitter,
// for ever, unless a person skips it (outbox_held.h). When a relay is frozen for longer than its
// lease, what it had in hand may come once more, late: `sequence` tells.
//
// Metrics, by service: vedette_outbox_published_total, vedette_outbox_failures_total,
// vedette_outbox_waiting, vedette_outbox_oldest_seconds, vedette_outbox_held_keys,
// vedette_outbox_leading.
class OutboxRelay {
 public:
  struct State {
    std::string service;
    bool leading = false;
    std::int64_t waiting = 0;             // at most 10 000 counted; as of the last look
    std::int64_t held_keys = 0;           // that failed and wait
    std::chrono::microseconds oldest{0};  // age of the oldest message
    std::uint64_t published = 0;
    std::uint64_t failures = 0;
    std::vector<HeldMessage> held = {};  // the most failed, 20 at most; as of the last look
  };
  struct Dependencies {
    db::Database& database;
    Outbox& outbox;
    Publisher& publisher;
    Runtime& runtime;
    const Clock& clock;
    RandomSource& random;
    Tracer& tracer;
    MetricsRegistry& metrics;
    Logger logger;
  };

  // What `dependencies` refer to outlives it.
  OutboxRelay(std::string service, OutboxRelayOptions options, Dependencies dependencies);
  ~OutboxRelay();  // after Stop
  OutboxRelay(const OutboxRelay&) = delete;
  OutboxRelay& operator=(const OutboxRelay&) = delete;

  void Start();
  // Ends after what is being published, at most publish_timeout, and gives the lease back. Harmless
  // when called twice or without Start.
  Task<void> Stop();

  State Snapshot() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vedette::queue
