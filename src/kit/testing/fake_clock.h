// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>

#include "base/clock.h"

namespace vedette {

// A clock that moves only when told. It starts at 2026-01-01T00:00:00Z; its steady time starts at
// the real one, so that a deadline taken from it is also one for whoever really waits. Thread-safe.
class FakeClock final : public Clock {
 public:
  static constexpr Timestamp kStart = Timestamp(std::chrono::seconds(1'767'225'600));

  explicit FakeClock(Timestamp now = kStart) : now_(now), steady_(SystemClock().SteadyNow()) {}

  Timestamp Now() const override {
    const std::scoped_lock lock(mutex_);
    return now_;
  }
  SteadyTime SteadyNow() const override {
    const std::scoped_lock lock(mutex_);
    return steady_;
  }

  // Moves both times.
  void Advance(std::chrono::nanoseconds duration) {
    const std::scoped_lock lock(mutex_);
    now_ += std::chrono::duration_cast<Timestamp::duration>(duration);
    steady_ += std::chrono::duration_cast<SteadyTime::duration>(duration);
  }

  // Sets the calendar time alone, as an administrator or NTP would.
  void SetNow(Timestamp now) {
    const std::scoped_lock lock(mutex_);
    now_ = now;
  }

 private:
  mutable std::mutex mutex_;
  Timestamp now_;
  SteadyTime steady_;
};

}  // namespace vedette
