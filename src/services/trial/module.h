// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/trial/v1/trial.vedette.h>

#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "kit/auth/authorizer.h"
#include "kit/config/section.h"
#include "kit/db/database.h"
#include "kit/service/module.h"
#include "services/trial/logic.h"
#include "services/trial/store.h"

namespace vedette::trial {

// The references outlive the module.
struct TrialDependencies {
  db::Database& database;
  const Clock& clock;
  const Authorizer& authorizer;
  Logger logger;
};

// Nothing to choose yet.
struct TrialConfig {
  void Describe(config::Section&) {}
};

// Studies, sites and item dictionaries.
class TrialModule final : public Module {
 public:
  TrialModule(TrialDependencies dependencies, TrialConfig config);

  Task<Status> Start() override;
  Task<void> Stop() override;
  Status Ready() const override;

  // Unguarded; answers once started. Lives as long as the module.
  v1::TrialApi& api() { return *api_; }

 private:
  db::Database& database_;
  Logger logger_;
  TrialStore store_;
  TrialLogic logic_;
  std::unique_ptr<v1::TrialApi> api_;
  std::atomic<bool> started_ = false;
};

}  // namespace vedette::trial
