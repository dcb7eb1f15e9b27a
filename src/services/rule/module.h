// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "kit/auth/authorizer.h"
#include "kit/config/section.h"
#include "kit/db/database.h"
#include "kit/queue/job_runner.h"
#include "kit/service/module.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/tracer.h"

namespace vedette::identity::v1 {
class IdentityApi;
}
namespace vedette::monitor::v1 {
class MonitorApi;
}
namespace vedette::trial::v1 {
class TrialApi;
}
namespace vedette::rule::v1 {
class RuleApi;
}

namespace vedette::rule {

struct RuleConfig {
  std::chrono::milliseconds poll_interval = std::chrono::seconds(5);
  bool require_signature = true;
  std::int64_t backtests_at_once = 2;
  std::int64_t backtests_unfinished = 20;
  std::chrono::milliseconds backtest_claim = std::chrono::seconds(30);

  void Describe(config::Section& section) {
    section.Field("poll_interval", poll_interval,
                  {.text = "How often watchers look for rules that another process changed.",
                   .minimum = 100,
                   .maximum = 3'600'000});
    section.Field("require_signature", require_signature,
                  {.text = "Whether a rule needs passing tests, a back-test and a second person's "
                           "signature before it goes to work. Off only for trying things out."});
    section.Field(
        "backtests_at_once", backtests_at_once,
        {.text = "Back-tests that a process runs at the same time.", .minimum = 1, .maximum = 64});
    section.Field("backtests_unfinished", backtests_unfinished,
                  {.text = "Back-tests of all processes that may wait or run; more are refused.",
                   .minimum = 1,
                   .maximum = 10'000});
    section.Field("backtest_claim", backtest_claim,
                  {.text = "Time after which another process goes on with the back-tests of one "
                           "that is gone.",
                   .minimum = 1000,
                   .maximum = 3'600'000});
  }
};

struct RuleDependencies {
  db::Database& database;
  const Clock& clock;
  const Authorizer& authorizer;
  Logger logger;
  Runtime& runtime;
  identity::v1::IdentityApi& identity;
  trial::v1::TrialApi& trial;
  // Asked for at each use: monitor in turn calls rule, and is made after it.
  std::function<monitor::v1::MonitorApi&()> monitor;
  MetricsRegistry& metrics;
  Tracer* tracer = nullptr;  // null: no spans
};

// The role `rule`: versioned rules, their back-tests, and who is told of their changes.
class RuleModule final : public Module {
 public:
  RuleModule(RuleDependencies dependencies, RuleConfig config);
  ~RuleModule() override;

  // Unguarded.
  v1::RuleApi& api();
  // For the status page.
  queue::JobRunner::State JobState() const;

  Task<Status> Start() override;
  Task<void> Stop() override;
  Status Ready() const override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace vedette::rule
