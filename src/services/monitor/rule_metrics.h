// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/clock.h"
#include "kit/telemetry/metrics.h"
#include "services/monitor/detector.h"

namespace vedette::monitor {

// What the rules cost and say, by study and rule, and how much the engines hold. The first 200
// rules have a series of their own, the others share "other". Of one task.
class RuleMetrics {
 public:
  RuleMetrics(MetricsRegistry& metrics, const Clock& clock);

  // Alerts that are being written at `now`: how long after the data came.
  void Raised(const Findings& findings, Timestamp now);
  // Once a second at most, else nothing.
  void Show(const EnginePool& pool);

 private:
  struct Series {
    Counter* evaluations;
    Counter* fired;
    Counter* unknown;
    Counter* raised;
    Counter* slow;
  };
  struct Counts {
    std::uint64_t evaluations = 0;
    std::uint64_t fired = 0;
    std::uint64_t unknown = 0;
  };
  Series& Of(const std::string& study, const std::string& rule);

  MetricsRegistry& metrics_;
  const Clock& clock_;
  SteadyTime shown_at_{};
  std::map<std::pair<std::string, std::string>, Series> series_;
  std::map<std::pair<const void*, std::size_t>, Counts> told_;  // by engine and rule
  Gauge& subjects_;
  Gauge& observations_;
  Gauge& bytes_;
  Gauge& timers_;
  Gauge& cold_;
};

}  // namespace vedette::monitor
