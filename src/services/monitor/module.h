// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "kit/auth/authorizer.h"
#include "kit/config/section.h"
#include "kit/db/database.h"
#include "kit/queue/in_process_bus.h"
#include "kit/queue/outbox_relay.h"
#include "kit/service/module.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/tracer.h"

namespace vedette::trial::v1 {
class TrialApi;
}
namespace vedette::subject::v1 {
class SubjectApi;
}
namespace vedette::rule::v1 {
class RuleApi;
}
namespace vedette::identity::v1 {
class IdentityApi;
}
namespace vedette::monitor::v1 {
class MonitorApi;
}

namespace vedette::monitor {

struct MonitorConfig {
  std::int64_t queue_rows = 20'000;
  std::int64_t group_rows = 5'000;
  std::int64_t catch_up_rows = 5'000;
  std::int64_t subjects_kept = 200'000;
  std::int64_t engine_subjects = 100'000;
  std::int64_t live_alerts_kept = 4'096;
  std::chrono::milliseconds dictionary_refresh = std::chrono::seconds(30);
  std::chrono::milliseconds rules_retry = std::chrono::milliseconds(100);
  std::chrono::milliseconds timer_interval = std::chrono::milliseconds(200);
  queue::OutboxRelayOptions outbox;

  void Describe(config::Section& section);
};

struct MonitorDependencies {
  db::Database& database;
  const Clock& clock;
  const Authorizer& authorizer;
  Logger logger;
  MetricsRegistry& metrics;
  Runtime& runtime;
  trial::v1::TrialApi& trial;
  subject::v1::SubjectApi& subject;
  rule::v1::RuleApi& rule;
  identity::v1::IdentityApi& identity;
  Tracer* tracer = nullptr;  // null: no spans
};

// The role `monitor`: the event log, its alerts and the live feed. The one that starts last on a
// database is the one that writes.
class MonitorModule final : public Module {
 public:
  MonitorModule(MonitorDependencies dependencies, MonitorConfig config);
  ~MonitorModule() override;

  // Unguarded.
  v1::MonitorApi& api();

  // Where what happens to alerts is told. Subscribe before Start.
  queue::InProcessBus& bus();
  // For the status page.
  queue::OutboxRelay::State OutboxState() const;

  Task<Status> Start() override;
  Task<void> Stop() override;
  Status Ready() const override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace vedette::monitor
