// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/trial/v1/trial.vedette.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "kit/auth/authorizer.h"
#include "kit/cache/cache_store.h"
#include "kit/config/section.h"
#include "kit/db/database.h"
#include "kit/service/module.h"
#include "kit/telemetry/metrics.h"
#include "services/trial/logic.h"
#include "services/trial/store.h"
#include "services/trial/study_cache.h"

namespace vedette::trial {

// The references, and what the pointers lead to, outlive the module.
struct TrialDependencies {
  db::Database& database;
  const Clock& clock;
  const Authorizer& authorizer;
  Logger logger;
  MetricsRegistry* metrics = nullptr;         // null: nobody reads them
  cache::CacheStore* shared_cache = nullptr;  // null: studies are cached in this process
};

struct TrialConfig {
  std::chrono::milliseconds local_cache_ttl = StudyCacheOptions().local_ttl;
  std::chrono::milliseconds shared_cache_ttl = StudyCacheOptions().shared_ttl;

  void Describe(config::Section& section);
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

  // Of its caches, for the status page.
  std::vector<cache::CacheSnapshot> CacheSnapshots() const { return cache_.Snapshots(); }

 private:
  MetricsRegistry unread_metrics_;
  db::Database& database_;
  Logger logger_;
  TrialStore store_;
  StudyCache cache_;
  TrialLogic logic_;
  std::unique_ptr<v1::TrialApi> api_;
  std::atomic<bool> started_ = false;
};

}  // namespace vedette::trial
