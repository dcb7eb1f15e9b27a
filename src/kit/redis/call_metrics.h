// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "kit/telemetry/metrics.h"

namespace vedette::redis {

// How a call ended, as its metrics say.
enum class Ending : std::uint8_t { kOk, kError, kTimeout, kUnavailable, kRefused, kCancelled };

// What a client tells /metrics. Thread-safe.
class CallMetrics {
 public:
  explicit CallMetrics(MetricsRegistry& registry);

  // One call, from asking to answer.
  void Observe(std::string_view command, Ending ending, double seconds);
  void Waiting(double change) { waiting_.Add(change); }
  void Connections(double change) { connections_.Add(change); }
  void Reconnected() { reconnects_.Add(); }

 private:
  static constexpr std::size_t kEndings = 6;
  struct OfCommand {
    Histogram* seconds = nullptr;
    std::array<Counter*, kEndings> calls{};
  };
  const OfCommand& Of(std::string_view command);

  MetricsRegistry& registry_;
  Gauge& waiting_;
  Gauge& connections_;
  Counter& reconnects_;
  std::shared_mutex mutex_;
  std::map<std::string, OfCommand, std::less<>> commands_;
};

}  // namespace vedette::redis
