// SPDX-License-Identifier: Apache-2.0
#include "kit/redis/call_metrics.h"

#include <mutex>

namespace vedette::redis {
namespace {

constexpr std::array<std::string_view, 6> kEndingNames = {"ok",          "error",   "timeout",
                                                          "unavailable", "refused", "cancelled"};

}  // namespace

CallMetrics::CallMetrics(MetricsRegistry& registry)
    : registry_(registry),
      waiting_(registry.GetGauge("vedette_redis_waiting_calls",
                                 "Calls that are queued for Redis or sent to it.")),
      connections_(
          registry.GetGauge("vedette_redis_connections", "Connections to Redis that are up.")),
      reconnects_(registry.GetCounter("vedette_redis_reconnects_total",
                                      "Connections to Redis that were lost and made anew.")) {}

const CallMetrics::OfCommand& CallMetrics::Of(std::string_view command) {
  {
    const std::shared_lock lock(mutex_);
    const auto found = commands_.find(command);
    if (found != commands_.end()) return found->second;
  }
  OfCommand made;
  const std::string name(command);
  made.seconds =
      &registry_.GetHistogram("vedette_redis_call_seconds", "Time from asking Redis to its answer.",
                              LatencyBuckets(), {{"command", name}});
  for (std::size_t i = 0; i < kEndings; ++i) {
    made.calls[i] =
        &registry_.GetCounter("vedette_redis_calls_total", "Calls to Redis by how they ended.",
                              {{"command", name}, {"outcome", std::string(kEndingNames[i])}});
  }
  const std::unique_lock lock(mutex_);
  return commands_.emplace(name, made).first->second;
}

void CallMetrics::Observe(std::string_view command, Ending ending, double seconds) {
  const OfCommand& metrics = Of(command);
  metrics.seconds->Observe(seconds);
  metrics.calls[static_cast<std::size_t>(ending)]->Add();
}

}  // namespace vedette::redis
