// SPDX-License-Identifier: Apache-2.0
#include "services/rule/module.h"

#include <vedette/rule/v1/rule.vedette.h>

#include <atomic>
#include <utility>

#include "kit/db/migrate.h"
#include "migrations.embed.h"
#include "services/rule/api.h"
#include "services/rule/backtest_store.h"
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
        backtests({.rules = store,
                   .store = backtest_store,
                   .history = *history,
                   .clock = dependencies.clock,
                   .logger = dependencies.logger,
                   .runtime = dependencies.runtime},
                  static_cast<std::size_t>(config.backtests_at_once)),
        logic(
            {.store = store,
             .catalogs = *catalogs,
             .backtests = backtests,
             .signatures = *signatures,
             .authorizer = dependencies.authorizer,
             .clock = dependencies.clock,
             .logger = dependencies.logger},
            {.poll_interval = config.poll_interval, .require_signature = config.require_signature}),
        api(MakeRuleApi(logic)) {}

  db::Database& database;
  Logger logger;
  std::unique_ptr<CatalogSource> catalogs;
  std::unique_ptr<SignatureCheck> signatures;
  std::unique_ptr<HistorySource> history;
  RuleStore store;
  BacktestStore backtest_store;
  Backtests backtests;
  RuleLogic logic;
  std::unique_ptr<v1::RuleApi> api;
  std::atomic<bool> started = false;
};

RuleModule::RuleModule(RuleDependencies dependencies, RuleConfig config)
    : parts_(std::make_unique<Parts>(std::move(dependencies), config)) {}

RuleModule::~RuleModule() = default;

v1::RuleApi& RuleModule::api() { return *parts_->api; }

Task<Status> RuleModule::Start() {
  VEDETTE_CO_CHECK_OK(co_await db::Migrate(parts_->database, kMigrations, parts_->logger));
  VEDETTE_CO_CHECK_OK(co_await parts_->backtests.Recover());
  parts_->started = true;
  co_return Status{};
}

Task<void> RuleModule::Stop() {
  parts_->started = false;
  parts_->logic.Close();
  co_await parts_->backtests.Close();
}

Status RuleModule::Ready() const {
  if (!parts_->started) return Fail(Code::kUnavailable, "rule has not started");
  return {};
}

}  // namespace vedette::rule
