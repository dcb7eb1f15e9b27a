// SPDX-License-Identifier: Apache-2.0
#include "services/trial/module.h"

#include "kit/db/migrate.h"
#include "services/trial/api.h"

namespace vedette::trial {

TrialModule::TrialModule(TrialDependencies dependencies, TrialConfig)
    : database_(dependencies.database),
      logger_(dependencies.logger),
      store_(dependencies.database),
      logic_(store_, dependencies.clock, dependencies.authorizer, dependencies.logger),
      api_(MakeTrialApi(logic_)) {}

Task<Status> TrialModule::Start() {
  VEDETTE_CO_CHECK_OK(co_await db::Migrate(database_, Migrations(), logger_));
  started_ = true;
  co_return Status{};
}

Task<void> TrialModule::Stop() {
  started_ = false;
  co_return;
}

Status TrialModule::Ready() const {
  if (started_) return {};
  return Fail(Code::kUnavailable, "trial is not started.");
}

}  // namespace vedette::trial
