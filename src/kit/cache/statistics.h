// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kit/telemetry/metrics.h"

namespace vedette::cache {

// One cache's counts since the start, for the status page.
struct CacheSnapshot {
  std::string name;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t query_failures = 0;  // of the source behind the cache; "not found" is none
  std::uint64_t store_failures = 0;  // of reading, writing or deleting in the store
  std::uint64_t corrupt_entries = 0;

  std::uint64_t total() const { return hits + misses; }
  // 0 when nothing was asked.
  double hit_ratio() const {
    return total() == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(total());
  }
};

// The counters of one cache, labelled with its name, a literal such as "trial_items".
class Statistics {
 public:
  Statistics(std::string name, MetricsRegistry& metrics);

  void Hit() { hits_.Add(); }
  void Miss() { misses_.Add(); }
  void QueryFailed() { query_failures_.Add(); }
  void StoreFailed() { store_failures_.Add(); }
  void Corrupt() { corrupt_entries_.Add(); }

  const std::string& name() const { return name_; }
  CacheSnapshot Snapshot() const;

 private:
  const std::string name_;
  Counter& hits_;
  Counter& misses_;
  Counter& query_failures_;
  Counter& store_failures_;
  Counter& corrupt_entries_;
};

}  // namespace vedette::cache
