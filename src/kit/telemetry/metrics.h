// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kit/telemetry/trace_context.h"

namespace vedette {

// A monotonic count; sharded over cache lines, so threads do not meet. ~6 ns.
class Counter {
 public:
  virtual ~Counter() = default;
  virtual void Add(std::uint64_t amount = 1) = 0;
  virtual std::uint64_t Value() const = 0;
};

class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void Set(double value) = 0;
  virtual void Add(double amount) = 0;
  virtual double Value() const = 0;
};

// Cumulative buckets as Prometheus wants them. Observations in seconds for times.
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void Observe(double value) = 0;
  // The same; of a sampled trace, the bucket keeps its ids and the value as its exemplar, the last
  // one winning. An exemplar is left out rather than waited for.
  virtual void Observe(double value, const TraceContext& trace) = 0;
};

// The two text formats that Prometheus reads. OpenMetrics alone has exemplars.
enum class MetricsFormat : std::uint8_t { kPrometheus, kOpenMetrics };

// What a scraper's Accept header asks for: OpenMetrics when it names application/openmetrics-text
// of version 1.0.0 or of none, with a weight above 0, else the plain format.
MetricsFormat ChooseMetricsFormat(std::string_view accept);
// The Content-Type of that format.
std::string_view MetricsContentType(MetricsFormat format);

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// 100 µs to 10 s, the buckets of every latency histogram.
std::span<const double> LatencyBuckets();

// The metrics of one process. Asking twice for the same name and labels gives the same metric,
// which lives as long as the registry; so keep the reference and do not look up on a hot path.
// Names follow Prometheus: vedette_<area>_<what>_<unit>[_total]. Label values are from a closed
// set: never an id, never clinical. Thread-safe.
class MetricsRegistry {
 public:
  MetricsRegistry();
  ~MetricsRegistry();

  Counter& GetCounter(std::string_view name, std::string_view help, MetricLabels labels = {});
  Gauge& GetGauge(std::string_view name, std::string_view help, MetricLabels labels = {});
  // `upper_bounds` ascending and finite; +Inf is added. One set of bounds per name.
  Histogram& GetHistogram(std::string_view name,
                          std::string_view help,
                          std::span<const double> upper_bounds,
                          MetricLabels labels = {});
  // Read when the page is asked for: a queue's length, a pool's size. `read` must be thread-safe
  // and valid until the registry is destroyed.
  void AddGaugeCallback(std::string_view name,
                        std::string_view help,
                        MetricLabels labels,
                        std::function<double()> read);
  // The same for a count that something else keeps, e.g. the processor time of the process.
  void AddCounterCallback(std::string_view name,
                          std::string_view help,
                          MetricLabels labels,
                          std::function<double()> read);

  // Prometheus text format 0.0.4, or OpenMetrics 1.0.0. In the latter a counter whose name does not
  // end with "_total" is of type "unknown".
  std::string Expose(MetricsFormat format = MetricsFormat::kPrometheus) const;

  // One line for each family and set of label names, sorted: "name{label,other} type". What
  // dashboards and alerts depend on, for a test that holds it fixed.
  std::vector<std::string> Families() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette
