// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "kit/db/database.h"
#include "kit/queue/in_process_bus.h"
#include "kit/queue/outbox.h"
#include "kit/queue/outbox_relay.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/tracer.h"

namespace vedette::monitor {

// How others hear of alerts: what the log writer puts into the outbox, the relay hands to the bus
// of this process, at least once and in order for each subject. Topics are "monitor.alert." and
// what happened: raised, refired, resolved …; the payload is JSON with the alert's id and severity
// and the moment: whoever is told asks for the rest, and is then checked.
class Publishing {
 public:
  struct Dependencies {
    db::Database& database;
    Runtime& runtime;
    const Clock& clock;
    MetricsRegistry& metrics;
    Logger logger;
    Tracer* tracer = nullptr;  // null: no spans
  };

  Publishing(Dependencies dependencies, queue::OutboxRelayOptions options);

  const queue::Outbox& outbox() const { return outbox_; }
  // Subscribe before Start.
  queue::InProcessBus& bus() { return bus_; }

  void Start() { relay_.Start(); }
  Task<void> Stop() { return relay_.Stop(); }
  queue::OutboxRelay::State Snapshot() const { return relay_.Snapshot(); }

 private:
  Task<Status> Count(queue::Message message);

  MetricsRegistry& metrics_;
  SystemRandom random_;
  NullTracer no_tracer_;
  queue::Outbox outbox_;
  queue::InProcessBus bus_;
  queue::OutboxRelay relay_;
};

}  // namespace vedette::monitor
