// SPDX-License-Identifier: Apache-2.0
#include "services/rule/module.h"

#include <vedette/rule/v1/rule.vedette.h>

#include <atomic>

#include "kit/db/migrate.h"
#include "migrations.embed.h"
#include "services/rule/api.h"
#include "services/rule/logic.h"
#include "services/rule/store.h"
#include "services/rule/trial_dictionaries.h"

namespace vedette::rule {

struct RuleModule::Parts {
  Parts(RuleDependencies dependencies, RuleConfig config)
      : database(dependencies.database),
        logger(dependencies.logger),
        dictionaries(MakeTrialDictionaries(dependencies.trial)),
        store(dependencies.database),
        logic({.store = store,
               .dictionaries = *dictionaries,
               .authorizer = dependencies.authorizer,
               .clock = dependencies.clock,
               .logger = dependencies.logger},
              config.poll_interval),
        api(MakeRuleApi(logic)) {}

  db::Database& database;
  Logger logger;
  std::unique_ptr<DictionarySource> dictionaries;
  RuleStore store;
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
  parts_->started = true;
  co_return Status{};
}

Task<void> RuleModule::Stop() {
  parts_->started = false;
  parts_->logic.Close();
  co_return;
}

Status RuleModule::Ready() const {
  if (!parts_->started) return Fail(Code::kUnavailable, "rule has not started");
  return {};
}

}  // namespace vedette::rule
