// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace vedette {

// Microseconds since the Unix epoch, UTC, no leap seconds: how every instant is stored and sent.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

inline Timestamp FromUnixMicros(std::int64_t micros) {
  return Timestamp(std::chrono::microseconds(micros));
}
inline std::int64_t ToUnixMicros(Timestamp time) { return time.time_since_epoch().count(); }

// Where the time comes from. Injected everywhere, so tests hold it in their hand. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
  // Monotonic; for durations and deadlines.
  virtual SteadyTime SteadyNow() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp Now() const override;
  SteadyTime SteadyNow() const override;
};

}  // namespace vedette
