// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "kit/shed/capacity.h"
#include "kit/shed/shedder.h"

namespace vedette {

// The calls of one class: what is in flight, what was served lately, and whether one more is
// refused. Thread-safe; while processors are not busy a call begins without a lock.
class Lane {
 public:
  // `options` and `metrics` outlive it.
  Lane(RateClass rate_class,
       const ShedOptions& options,
       SteadyTime start,
       MetricsRegistry& metrics,
       const MetricLabels& labels);

  // Whether one more call is refused; counts it then.
  bool Refuses(double usage, SteadyTime now);

  // Counts one that is refused for another reason.
  void CountRefused() { refused_.Add(); }

  // How many were in flight before; the call says so again when it ends.
  std::int64_t Begin() { return flying_.fetch_add(1, std::memory_order_relaxed); }
  void Pass(std::int64_t found, SteadyTime started, SteadyTime now);
  void Fail(std::int64_t found);

  std::int64_t flying() const { return flying_.load(std::memory_order_relaxed); }
  bool IsShedding(const Clock& clock) const;
  Shedder::State Snapshot(std::optional<double> usage, const Clock& clock);

 private:
  struct Limits {
    double work = 0;     // calls that can be worked on
    double waiting = 0;  // and that may wait beside
  };

  // Overloaded, or still cooling off from an overload in which calls were refused.
  bool IsHot(double usage, SteadyTime now);

  // With the mutex held.
  void EndFlight(std::int64_t found);
  Limits LimitsAt(double usage, SteadyTime now);

  const RateClass rate_class_;
  const double threshold_;
  const std::chrono::milliseconds wait_;
  const ShedOptions& options_;
  Counter& passed_;
  Counter& failed_;
  Counter& refused_;
  std::atomic<SteadyTime> overloaded_at_{SteadyTime::min()};
  std::atomic<SteadyTime> refused_at_{SteadyTime::min()};
  std::atomic<bool> refused_recently_{false};

  alignas(64) std::atomic<std::int64_t> flying_{0};
  std::mutex mutex_;
  double average_flying_ = 0;
  ServedWindow served_;
};

}  // namespace vedette
