// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "kit/cache/cache_store.h"
#include "kit/cache/single_flight.h"
#include "kit/task/sleep.h"
#include "kit/telemetry/metrics.h"

namespace vedette::cache {

class Deletions;

// The duty to delete some keys after a write: see Cache::BeginInvalidation.
class Invalidation {
 public:
  Invalidation(Invalidation&& other) noexcept;
  Invalidation& operator=(Invalidation&&) = delete;
  ~Invalidation();  // deletes in the background unless Run was called

  // Returns once the keys were deleted, or that failed, or at the deadline; what is left to do goes
  // on in the background. A caller that is cancelled stops nothing.
  Task<void> Run(Deadline deadline);

 private:
  friend class Deletions;
  Invalidation(Deletions& deletions, Executor executor, std::vector<std::string> keys);

  Deletions* deletions_;
  Executor executor_;
  std::vector<std::string> keys_;
};

struct DeletionOptions {
  std::chrono::milliseconds store_timeout;
  std::chrono::milliseconds second_delete_after;
  std::size_t limit;
};

// Deletes keys from a store, as often as it takes. Thread-safe. Close() before destruction.
class Deletions {
 public:
  Deletions(std::string name,
            DeletionOptions options,
            CacheStore& store,
            Flights& flights,
            Sleeper& sleeper,
            MetricsRegistry& metrics,
            Logger logger);
  ~Deletions();

  Task<Invalidation> Begin(std::vector<std::string> keys);

  // Refuses new ones, stops waiting and tries each once more.
  Task<void> Close();

  std::size_t size() const;

 private:
  friend class Invalidation;
  struct State;

  // The signal is set once the first attempt is over.
  Signal Start(Executor executor, std::vector<std::string> keys);

  const std::shared_ptr<State> state_;
};

}  // namespace vedette::cache
