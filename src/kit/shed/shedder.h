// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kit/limit/rate_class.h"
#include "kit/telemetry/metrics.h"

namespace vedette {

namespace config {
class Section;
}  // namespace config

// How busy the processors are that this process may use.
class CpuReader {
 public:
  virtual ~CpuReader() = default;
  // 0 to 1000, smoothed; nullopt when it cannot be known, and nothing is shed then. Thread-safe,
  // a few nanoseconds.
  virtual std::optional<double> Usage() const = 0;
};

// go-zero's adaptive shedding with classes: each rate class has its own threshold, so that reports
// are refused first and data capture last.
struct ShedOptions {
  bool enabled = true;
  std::chrono::milliseconds window = std::chrono::seconds(5);
  std::int64_t buckets = 50;
  double report_threshold = 800;       // of 1000
  double interactive_threshold = 900;  // go-zero's default
  double capture_threshold = 950;      // go-zero's priority threshold, (1000 + 900) / 2
  // How long a call may wait for its turn; 0: go-zero's limit, in which nothing waits. Whoever
  // admits takes turns (kit/task/turn.h): calls that are not read yet count nowhere.
  std::chrono::milliseconds report_wait = std::chrono::milliseconds(20);
  std::chrono::milliseconds interactive_wait = std::chrono::milliseconds(50);
  std::chrono::milliseconds capture_wait = std::chrono::milliseconds(120);
  std::chrono::milliseconds cool_off = std::chrono::seconds(1);
  double minimum_factor = 0.1;
  double flight_beta = 0.9;  // what a call that ends leaves of the average of those in flight

  void Describe(config::Section& section);
};

// Refuses calls while processors are busy over the class's threshold and more calls of the class
// are in flight than it lately served: on average more than can be worked on (the most calls passed
// in a bucket, times the least mean time of a bucket, less the busier it gets), and now more than
// that and those that may wait. Classes are judged each by their own calls, so that slow reports do
// not crowd data capture out; and while a class is refused, so are those below it.
//
// The wait is what keeps processors busy: calls come in bunches, and a limit that lets none wait
// refuses at the full rate a third of what could be served. As each class may wait longer than the
// one below it, the length of the common queue decides who is refused first.
//
// One per server. Thread-safe; `cpu`, `clock` and `metrics` outlive it. Exports
// vedette_shed_calls_total{class,result}, vedette_shed_in_flight{class},
// vedette_shed_flight_limit{class} and vedette_shed_cpu_ratio, each with `labels` too, so that two
// servers of a process tell theirs apart.
class Shedder {
 public:
  // One admitted call. Pass when it was answered in time, Fail when it was not; untold counts as
  // Fail, which only ends its flight.
  class Permit {
   public:
    Permit(Permit&& other) noexcept
        : shedder_(std::exchange(other.shedder_, nullptr)),
          rate_class_(other.rate_class_),
          found_(other.found_),
          started_(other.started_) {}
    Permit& operator=(Permit&& other) noexcept {
      std::swap(shedder_, other.shedder_);
      std::swap(rate_class_, other.rate_class_);
      std::swap(found_, other.found_);
      std::swap(started_, other.started_);
      return *this;
    }
    ~Permit() { Fail(); }
    void Pass();
    void Fail();

   private:
    friend class Shedder;
    Permit(Shedder* shedder, RateClass rate_class, std::int64_t found, SteadyTime started)
        : shedder_(shedder), rate_class_(rate_class), found_(found), started_(started) {}
    Shedder* shedder_;
    RateClass rate_class_;
    std::int64_t found_;  // calls of the class in flight when it began
    SteadyTime started_;
  };

  Shedder(const ShedOptions& options,
          const CpuReader& cpu,
          const Clock& clock,
          MetricsRegistry& metrics,
          MetricLabels labels = {});
  ~Shedder();
  Shedder(const Shedder&) = delete;
  Shedder& operator=(const Shedder&) = delete;

  // kUnavailable with retry_after (HTTP 503) when refused.
  Result<Permit> Admit(RateClass rate_class);

  // Whether calls of this class were refused within the last cool-off: what degradation follows.
  bool IsShedding(RateClass rate_class) const;

  struct State {
    RateClass rate_class = RateClass::kCapture;
    std::uint64_t passed = 0;  // since the start
    std::uint64_t failed = 0;
    std::uint64_t refused = 0;
    std::int64_t flying = 0;       // now
    double average_flying = 0;     // that the calls found which ended, smoothed
    double work_limit = 0;         // of average_flying
    double limit = 0;              // of flying; both count while processors are busy
    std::int64_t most_passed = 0;  // in one bucket of the window
    double least_time_ms = 0;      // of the buckets' mean times
    bool shedding = false;
  };
  // One for each class.
  std::vector<State> Snapshot() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vedette
