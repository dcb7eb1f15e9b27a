// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "kit/breaker/breaker.h"

namespace vedette {

class Counter;
class Instance;

namespace config {
class Section;
}  // namespace config

struct EjectionOptions {
  bool enabled = true;
  std::int64_t consecutive_failures = 5;
  double failure_share = 0.5;
  std::int64_t least_calls = 20;  // before the share counts
  std::chrono::milliseconds window = std::chrono::seconds(10);
  std::chrono::milliseconds first_time = std::chrono::seconds(3);  // doubles each time
  std::chrono::milliseconds longest_time = std::chrono::seconds(60);

  void Describe(config::Section& section);
};

// What the ejector knows about one instance.
class EjectionState {
 public:
  bool Ejected(SteadyTime now) const { return now < until_.load(std::memory_order_relaxed); }

 private:
  friend class OutlierEjector;

  struct Span {
    std::int64_t calls = 0;
    std::int64_t failures = 0;
  };

  std::atomic<SteadyTime> until_ = SteadyTime();
  // The rest under the ejector's mutex.
  std::int64_t in_a_row_ = 0;
  int times_ = 0;  // ejections so far, forgotten after a good while
  Span present_;   // two spans of half a window each
  Span past_;
  SteadyTime turned_ = SteadyTime();
};

// Takes an instance out of the choice for a growing time when its calls fail in a row, or too many
// of them within a window: also the frozen one, whose calls time out. Never more than half of the
// instances at once, so a single one never: where all fail, the cause is elsewhere. An instance
// that comes back is on probation: its first failure ejects it again. Thread-safe.
class OutlierEjector {
 public:
  // `clock` and `ejections` (may be null) outlive it.
  OutlierEjector(const EjectionOptions& options, const Clock& clock, Counter* ejections);

  void Update(std::vector<std::shared_ptr<Instance>> instances);
  // kNeither is not counted.
  void Record(Instance& instance, Outcome outcome);

 private:
  void Turn(EjectionState& state, SteadyTime now) const;
  bool IsOutlier(const EjectionState& state) const;
  bool MayEject(SteadyTime now) const;

  const EjectionOptions options_;
  const Clock& clock_;
  Counter* const ejections_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Instance>> instances_;
};

}  // namespace vedette
