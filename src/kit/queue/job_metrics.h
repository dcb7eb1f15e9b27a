// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <string>

#include "kit/queue/job_runner.h"
#include "kit/telemetry/metrics.h"

namespace vedette::queue {

// What the jobs of one kind tell /metrics.
class JobKindMetrics {
 public:
  JobKindMetrics(MetricsRegistry& registry, const std::string& service, const std::string& kind) {
    for (std::size_t i = 0; i < kJobOutcomeCount; ++i) {
      const auto outcome = static_cast<JobOutcome>(i);
      runs_[i] = &registry.GetCounter(
          "vedette_job_runs_total", "Attempts at background jobs, by how they ended.",
          {{"service", service}, {"kind", kind}, {"outcome", std::string(Name(outcome))}});
    }
    seconds_ =
        &registry.GetHistogram("vedette_job_run_seconds", "Time of an attempt at a background job.",
                               LatencyBuckets(), {{"service", service}, {"kind", kind}});
  }

  void Observe(JobOutcome outcome, std::chrono::nanoseconds duration) {
    runs_[static_cast<std::size_t>(outcome)]->Add();
    seconds_->Observe(std::chrono::duration<double>(duration).count());
  }

 private:
  std::array<Counter*, kJobOutcomeCount> runs_{};
  Histogram* seconds_ = nullptr;
};

// What a queue as a whole tells.
class JobDepthMetrics {
 public:
  JobDepthMetrics(MetricsRegistry& registry, const std::string& service)
      : waiting_(StateGauge(registry, service, "waiting")),
        running_(StateGauge(registry, service, "running")),
        dead_(StateGauge(registry, service, "dead")),
        oldest_(registry.GetGauge("vedette_job_oldest_seconds",
                                  "How long the most overdue background job has been due.",
                                  {{"service", service}})),
        dropped_(registry.GetCounter("vedette_job_dropped_total",
                                     "Background jobs given up that were forgotten, being too old "
                                     "or too many.",
                                     {{"service", service}})) {}

  void CountDropped(std::int64_t jobs) { dropped_.Add(static_cast<std::uint64_t>(jobs)); }
  std::uint64_t dropped() const { return dropped_.Value(); }

  void Show(const JobDepth& depth) {
    waiting_.Set(static_cast<double>(depth.waiting));
    running_.Set(static_cast<double>(depth.running));
    dead_.Set(static_cast<double>(depth.dead));
    oldest_.Set(std::chrono::duration<double>(depth.oldest).count());
  }

 private:
  static Gauge& StateGauge(MetricsRegistry& registry,
                           const std::string& service,
                           const std::string& state) {
    return registry.GetGauge("vedette_job_count", "Background jobs, by state; 10000 at most.",
                             {{"service", service}, {"state", state}});
  }

  Gauge& waiting_;
  Gauge& running_;
  Gauge& dead_;
  Gauge& oldest_;
  Counter& dropped_;
};

}  // namespace vedette::queue
