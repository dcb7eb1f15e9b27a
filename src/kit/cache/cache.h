// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "kit/cache/cache_store.h"
#include "kit/cache/deletions.h"
#include "kit/cache/single_flight.h"
#include "kit/task/sleep.h"
#include "kit/telemetry/metrics.h"

namespace vedette::config {
class Section;
}  // namespace vedette::config

namespace vedette::cache {

struct CacheOptions {
  std::chrono::milliseconds ttl = std::chrono::hours(24 * 7);
  std::chrono::milliseconds not_found_ttl = std::chrono::minutes(1);
  std::chrono::milliseconds fetch_timeout = std::chrono::seconds(5);  // read, query and write
  std::chrono::milliseconds store_timeout = std::chrono::seconds(1);  // one call of the store
  // Deleted a second time so much after a write: another process may have read the old row before
  // the write and cached it after the delete. 0: not.
  std::chrono::milliseconds second_delete_after = std::chrono::seconds(2);
  // When the store cannot be read: fail (the source is not made for the load that the cache takes),
  // or query, so many at a time.
  bool query_when_cache_is_away = false;
  std::int64_t queries_when_away_limit = 16;
  std::int64_t pending_deletes_limit = 10'000;

  void Describe(config::Section& section);
};

// What the typed caches over one store have in common: its options, the fetches under way and the
// deletes after writes. Thread-safe. The references outlive it; Close() before destruction.
class Cache {
 public:
  Cache(std::string name,
        CacheOptions options,
        CacheStore& store,
        RandomSource& random,
        Sleeper& sleeper,
        MetricsRegistry& metrics,
        Logger logger);

  // Begin it before the write and call Run after the commit, whatever the write answered; dropped
  // without Run, it deletes in the background. Then nobody in this process is given what was
  // cached or read before the commit once Run has returned, if the store could be reached; others
  // who share the store only until the second delete. A delete that fails is tried again after
  // 1 s, 5 s, 1 min, 5 min and 1 h.
  Task<Invalidation> BeginInvalidation(std::vector<std::string> keys);

  // Refuses new calls, cancels fetches, deletes once what waits to be deleted.
  Task<void> Close();

  struct Snapshot {
    std::size_t fetches = 0;          // under way
    std::size_t pending_deletes = 0;  // invalidations not yet ended
  };
  Snapshot GetSnapshot() const { return {flights_.size(), deletions_.size()}; }

  // For the typed caches.
  const CacheOptions& options() const { return options_; }
  CacheStore& store() { return store_; }
  RandomSource& random() { return random_; }
  MetricsRegistry& metrics() { return metrics_; }
  const Logger& logger() const { return logger_; }
  Flights& flights() { return flights_; }
  // For one call of the store within `deadline`.
  Deadline StoreDeadline(Deadline deadline) const {
    return deadline.Earlier(Deadline::After(clock_, options_.store_timeout));
  }

  // The right to query while the store is away; null when as many query already.
  using Permit = std::unique_ptr<std::atomic<std::int64_t>, void (*)(std::atomic<std::int64_t>*)>;
  Permit TryQueryWhenAway();

 private:
  const CacheOptions options_;
  CacheStore& store_;
  const SystemClock clock_;  // timers of the system measure deadlines, so no other will do
  RandomSource& random_;
  MetricsRegistry& metrics_;
  const Logger logger_;
  std::atomic<std::int64_t> querying_when_away_ = 0;
  Flights flights_;
  Deletions deletions_;
};

}  // namespace vedette::cache
