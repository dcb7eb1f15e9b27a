// SPDX-License-Identifier: Apache-2.0
#include "services/trial/module.h"

#include "kit/db/migrate.h"
#include "services/trial/api.h"

namespace vedette::trial {

void TrialConfig::Describe(config::Section& section) {
  section.Field("local_cache_ttl", local_cache_ttl,
                {.text = "How long studies are cached in this process when there is no shared "
                         "cache: so late it sees what another process changed.",
                 .minimum = 1,
                 .maximum = 950});
  section.Field("shared_cache_ttl", shared_cache_ttl,
                {.text = "How long studies are cached in Redis.",
                 .minimum = 1000,
                 .maximum = 7 * 86'400'000.0});
}

TrialModule::TrialModule(TrialDependencies dependencies, TrialConfig config)
    : database_(dependencies.database),
      logger_(dependencies.logger),
      store_(dependencies.database),
      cache_(store_,
             {.local_ttl = config.local_cache_ttl, .shared_ttl = config.shared_cache_ttl},
             dependencies.shared_cache,
             dependencies.clock,
             dependencies.metrics != nullptr ? *dependencies.metrics : unread_metrics_,
             dependencies.logger),
      logic_(store_, cache_, dependencies.clock, dependencies.authorizer, dependencies.logger),
      api_(MakeTrialApi(logic_)) {}

Task<Status> TrialModule::Start() {
  VEDETTE_CO_CHECK_OK(co_await db::Migrate(database_, Migrations(), logger_));
  started_ = true;
  co_return Status{};
}

Task<void> TrialModule::Stop() {
  started_ = false;
  co_await cache_.Close();
}

Status TrialModule::Ready() const {
  if (started_) return {};
  return Fail(Code::kUnavailable, "trial is not started.");
}

}  // namespace vedette::trial
