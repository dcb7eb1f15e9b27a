// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "base/code.h"
#include "kit/telemetry/metrics.h"

namespace vedette::db {

// What one database tells /metrics. Without a registry it does nothing. Thread-safe.
class QueryMetrics {
 public:
  QueryMetrics(MetricsRegistry* registry, std::string service);

  // One statement from asking to answer, waiting included.
  void Observe(std::string_view statement, double seconds);
  void Count(Code code);
  void Waiting(double change);
  void Running(double change);

  // How many wait and run now; also without a registry.
  std::int64_t waiting() const { return waiting_now_; }
  std::int64_t running() const { return running_now_; }

 private:
  MetricsRegistry* registry_;
  std::string service_;
  std::atomic<std::int64_t> waiting_now_ = 0;
  std::atomic<std::int64_t> running_now_ = 0;
  Gauge* waiting_ = nullptr;
  Gauge* running_ = nullptr;
  std::shared_mutex mutex_;
  std::map<std::string, Histogram*, std::less<>> statements_;
};

}  // namespace vedette::db
