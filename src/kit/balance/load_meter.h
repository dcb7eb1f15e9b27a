// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "base/clock.h"
#include "kit/breaker/breaker.h"

namespace vedette {

// How busy, quick and healthy one instance looks from here. Latency and success are exponentially
// weighted means over time (go-zero's p2c: weight exp(-elapsed / decay) for the past). Thread-safe;
// reading takes no lock.
class LoadMeter {
 public:
  static constexpr std::chrono::nanoseconds kDecay = std::chrono::seconds(10);
  // A call weighs at least 1/32 in the success share, so that failing fast shows after some tens of
  // calls and not only after kDecay; and at most a half, so that one failure after a long silence
  // does not condemn.
  static constexpr double kLeastWeight = 1.0 / 32;
  static constexpr double kMostWeight = 0.5;
  // A failure now and then, up to a tenth of the calls, is no reason to prefer another.
  static constexpr double kGoodSuccess = 0.9;
  static constexpr double kLeastSuccess = 0.001;

  void Begin(bool stream) { Flights(stream).fetch_add(1, std::memory_order_relaxed); }
  void End(bool stream) { Flights(stream).fetch_sub(1, std::memory_order_relaxed); }

  // How a call ended, at `now`. A failure never lowers the latency: failing fast is not being
  // quick. kNeither (given up, refused) tells of the latency only that it is not below `latency`.
  void Observe(Outcome outcome, std::chrono::nanoseconds latency, SteadyTime now);

  // Mean in nanoseconds; 0 as long as no call has ended.
  double latency() const { return latency_.load(std::memory_order_relaxed); }
  double success() const { return success_.load(std::memory_order_relaxed); }  // 0 to 1
  std::int64_t calls() const { return calls_.load(std::memory_order_relaxed); }
  std::int64_t streams() const { return streams_.load(std::memory_order_relaxed); }

  // What to compare instances by: ⌊√(latency + 1)⌋ · (calls + 1) · p, where the penalty p is
  // (kGoodSuccess / success)², but at least 1. `with_latency` is false where the other side's
  // latency is not known yet.
  double CallLoad(bool with_latency) const;
  // (streams + 1) · p: how quick calls are says little about where streams belong.
  double StreamLoad() const;

  SteadyTime picked() const { return picked_.load(std::memory_order_relaxed); }
  void SetPicked(SteadyTime now) { picked_.store(now, std::memory_order_relaxed); }
  // True for one caller only when the instance was not picked for `silence`.
  bool ClaimSilent(SteadyTime now, std::chrono::nanoseconds silence);

 private:
  std::atomic<std::int64_t>& Flights(bool stream) { return stream ? streams_ : calls_; }
  double Penalty() const;

  std::atomic<std::int64_t> calls_ = 0;
  std::atomic<std::int64_t> streams_ = 0;
  std::atomic<double> latency_ = 0;
  std::atomic<double> success_ = 1;
  std::atomic<SteadyTime> picked_ = SteadyTime();
  std::mutex mutex_;  // of Observe
  SteadyTime observed_ = SteadyTime();
};

}  // namespace vedette
