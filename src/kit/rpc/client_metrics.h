// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <string>

#include "base/result.h"
#include "kit/telemetry/metrics.h"

namespace vedette::rpc {

// What is counted of the calls to one operation elsewhere.
class ClientMetrics {
 public:
  // `metrics` outlives it.
  ClientMetrics(std::string label, MetricsRegistry& metrics);

  // `error` is null for success.
  void Account(const Error* error, std::chrono::nanoseconds duration);

  Counter& attempts;
  Counter& retries;
  Counter& hedges;
  Counter& fallbacks;

 private:
  Counter& Calls(std::size_t slot, std::string_view code);

  const std::string label_;
  MetricsRegistry& metrics_;
  Histogram& seconds_;
  std::array<std::atomic<Counter*>, kCodeCount + 1> calls_{};  // the last is success
};

}  // namespace vedette::rpc
