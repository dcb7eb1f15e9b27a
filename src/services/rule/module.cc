// SPDX-License-Identifier: Apache-2.0
#include "services/rule/module.h"

#include <vedette/rule/v1/rule.vedette.h>

#include <atomic>
#include <chrono>
#include <utility>

#include "base/random.h"
#include "kit/db/migrate.h"
#include "kit/queue/job_queue.h"
#include "services/rule/api.h"
#include "services/rule/backtest_store.h"
#include "services/rule/backtest_worker.h"
#include "services/rule/backtests.h"
#include "services/rule/catalog_source.h"
#include "services/rule/history_source.h"
#include "services/rule/logic.h"
#include "services/rule/signatures.h"
#include "services/rule/store.h"

namespace vedette::rule {

struct RuleModule::Parts {
  Parts(RuleDependencies dependencies, RuleConfig config)
      : database(dependencies.database),
        logger(dependencies.logger),
        catalogs(MakeTrialCatalogs(dependencies.trial)),
        signatures(MakeIdentitySignatures(dependencies.identity)),
        history(MakeMonitorHistory(std::move(dependencies.monitor))),
        store(dependencies.database),
        backtest_store(dependencies.database),
        jobs(dependencies.database, dependencies.clock),
        backtests({.store = backtest_store, .queue = jobs, .clock = dependencies.clock},
                  config.backtests_unfinished),
        worker({.rules = store,
                .store = backtest_store,
                .catalogs = *catalogs,
                .history = *history,
                .queue = jobs,
                .clock = dependencies.clock,
                .logger = dependencies.logger},
               {.at_once = config.backtests_at_once}),
        runner("rule",
               {.concurrency = config.backtests_at_once, .claim = config.backtest_claim},
               {.queue = jobs,
                .runtime = dependencies.runtime,
                .random = random,
                .tracer = dependencies.tracer != nullptr ? *dependencies.tracer : no_tracer,
                .metrics = dependencies.metrics,
                .logger = dependencies.logger}),
        logic(
            {.store = store,
             .catalogs = *catalogs,
             .backtests = backtests,
             .signatures = *signatures,
             .authorizer = dependencies.authorizer,
             .clock = dependencies.clock,
             .logger = dependencies.logger},
            {.poll_interval = config.poll_interval, .require_signature = config.require_signature}),
        api(MakeRuleApi(logic)) {
    runner.Handle(
        std::string(kBacktestJob), [this](queue::Job job) { return worker.Do(std::move(job)); },
        worker.KindOptions());
  }

  db::Database& database;
  Logger logger;
  std::unique_ptr<CatalogSource> catalogs;
  std::unique_ptr<SignatureCheck> signatures;
  std::unique_ptr<HistorySource> history;
  RuleStore store;
  BacktestStore backtest_store;
  SystemRandom random;
  NullTracer no_tracer;
  queue::JobQueue jobs;
  Backtests backtests;
  BacktestWorker worker;
  queue::JobRunner runner;
  RuleLogic logic;
  std::unique_ptr<v1::RuleApi> api;
  std::atomic<bool> started = false;
};

RuleModule::RuleModule(RuleDependencies dependencies, RuleConfig config)
    : parts_(std::make_unique<Parts>(std::move(dependencies), config)) {}

RuleModule::~RuleModule() = default;

v1::RuleApi& RuleModule::api() { return *parts_->api; }

queue::JobRunner::State RuleModule::JobState() const { return parts_->runner.Snapshot(); }

Task<Status> RuleModule::Start() {
  VEDETTE_CO_CHECK_OK(co_await db::Migrate(parts_->database, Migrations(), parts_->logger));
  VEDETTE_CO_CHECK_OK(co_await parts_->backtests.Recover());
  parts_->runner.Start();
  parts_->started = true;
  co_return Status{};
}

Task<void> RuleModule::Stop() {
  parts_->started = false;
  parts_->logic.Close();
  // No grace: another process goes on, or this one once it runs again.
  co_await parts_->runner.Stop(std::chrono::milliseconds(0));
}

Status RuleModule::Ready() const {
  if (!parts_->started) return Fail(Code::kUnavailable, "rule has not started");
  return {};
}

}  // namespace vedette::rule
