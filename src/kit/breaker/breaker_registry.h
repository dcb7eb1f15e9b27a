// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kit/breaker/breaker.h"
#include "kit/telemetry/metrics.h"

namespace vedette {

struct BreakerRegistryOptions {
  BreakerOptions breaker;
  std::int64_t limit = 4096;
  std::vector<std::string> disabled;  // names of breakers that never refuse

  void Describe(config::Section& section);
};

// The breakers of a process, by name. Thread-safe; keep what Get gives, it looks up under a lock.
// Exports vedette_breaker_{allowed,refused,failed}_total and, as the largest of those with the same
// labels, vedette_breaker_refusal_probability.
class BreakerRegistry {
 public:
  // `clock`, `random` and `metrics` outlive it and its breakers.
  BreakerRegistry(BreakerRegistryOptions options,
                  const Clock& clock,
                  RandomSource& random,
                  MetricsRegistry& metrics);
  ~BreakerRegistry();
  BreakerRegistry(const BreakerRegistry&) = delete;
  BreakerRegistry& operator=(const BreakerRegistry&) = delete;

  // The one breaker of this name, made when first asked for with the options of the configuration.
  // `labels` name the metrics it counts in and are from a closed set: the kind and the operation,
  // not the instance's address; breakers with the same labels add up. At the limit it forgets those
  // that nobody holds; when all are held, the new one protects its holder without being listed.
  std::shared_ptr<Breaker> Get(std::string_view name, MetricLabels labels);

  struct Entry {
    std::string name;
    Breaker::State state;
  };
  // In the order of their names.
  std::vector<Entry> Snapshot() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette
