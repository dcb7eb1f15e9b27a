// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "kit/cache/cache_aside.h"
#include "kit/cache/stores.h"
#include "kit/task/sleep.h"
#include "kit/telemetry/metrics.h"
#include "services/trial/store.h"
#include "services/trial/types.h"

namespace vedette::trial {

struct StudyCacheOptions {
  // In a store of this process, for writes of other processes are not seen before.
  std::chrono::milliseconds local_ttl{950};
  // In a store that all processes share.
  std::chrono::milliseconds shared_ttl = std::chrono::minutes(10);
};

// What every request of the other services reads of a study, through a cache: in `shared`, or in
// this process when that is null. Whoever reads after a write was answered sees it; in another
// process at the latest when local_ttl is over, or what a slow read cached meanwhile is deleted.
// While a shared store is away the database is asked. Thread-safe. Close() before destruction.
class StudyCache {
 public:
  StudyCache(TrialStore& store,
             StudyCacheOptions options,
             cache::CacheStore* shared,
             const Clock& clock,
             MetricsRegistry& metrics,
             Logger logger);

  // As those of TrialStore.
  Task<Result<Study>> GetStudy(Deadline deadline, std::string study_id);
  Task<Result<std::vector<Site>>> ListSites(Deadline deadline, std::string study_id);
  Task<Result<Dictionary>> ListItems(Deadline deadline, std::string study_id);
  Task<Result<RevisedDesign>> GetDesign(Deadline deadline, std::string study_id);

  // To be begun before a write of the study commits and run after it.
  Task<cache::Invalidation> BeginInvalidation(std::string study_id);

  Task<void> Close();

  // One per kind of value, for the status page.
  std::vector<cache::CacheSnapshot> Snapshots() const;

 private:
  TrialStore& store_;
  SystemRandom random_;
  RealSleeper sleeper_;
  cache::LocalStore local_;
  cache::Cache cache_;
  cache::CacheAside<Study> studies_;
  cache::CacheAside<std::vector<Site>> sites_;
  cache::CacheAside<Dictionary> items_;
  cache::CacheAside<RevisedDesign> designs_;
};

}  // namespace vedette::trial
