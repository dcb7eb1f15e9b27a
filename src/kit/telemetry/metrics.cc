// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/metrics.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>

#include "kit/telemetry/metric_cells.h"
#include "kit/telemetry/metrics_text.h"

namespace vedette {
namespace {

bool IsName(std::string_view name, bool colon_allowed) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c == ':' && colon_allowed);
  });
}

// `labels` sorted.
std::string RenderLabels(const MetricLabels& labels) {
  std::string out;
  std::string_view previous;
  for (const auto& [name, value] : labels) {
    if (!IsName(name, false) || name.starts_with("__") || name == "le" || name == previous) {
      throw std::logic_error("malformed or repeated metric label: " + name);
    }
    previous = name;
    if (!out.empty()) out.push_back(',');
    out += name + "=\"";
    AppendEscapedMetricText(out, value, true);
    out.push_back('"');
  }
  return out;
}

std::string JoinNames(const MetricLabels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out.push_back(',');
    out += name;
  }
  return out;
}

constexpr double kLatencyBuckets[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                      0.05,   0.1,     0.25,   0.5,   1.0,    2.5,   5.0,  10.0};

}  // namespace

std::span<const double> LatencyBuckets() { return kLatencyBuckets; }

// Families and series are only ever added, and the maps' nodes do not move.
struct MetricsRegistry::Impl {
  mutable std::mutex mutex;
  std::map<std::string, MetricFamily, std::less<>> families;

  // With the mutex held.
  MetricSeries& Find(std::string_view name,
                     std::string_view help,
                     MetricType type,
                     MetricLabels labels) {
    if (!IsName(name, true)) throw std::logic_error("malformed metric name: " + std::string(name));
    auto found = families.find(name);
    if (found == families.end()) {
      found =
          families.emplace(std::string(name), MetricFamily{type, std::string(help), {}, {}}).first;
    }
    if (found->second.type != type) {
      throw std::logic_error("metric with two types: " + std::string(name));
    }
    std::ranges::sort(labels);
    const std::string rendered = RenderLabels(labels);
    const auto known = found->second.series.find(rendered);
    if (known != found->second.series.end()) return known->second;
    found->second.label_names.insert(JoinNames(labels));
    return found->second.series[rendered];
  }

  void AddCallback(std::string_view name,
                   std::string_view help,
                   MetricType type,
                   MetricLabels labels,
                   std::function<double()> read) {
    const std::scoped_lock lock(mutex);
    MetricSeries& series = Find(name, help, type, std::move(labels));
    if (series.read || series.counter || series.gauge) {
      throw std::logic_error("metric series registered twice: " + std::string(name));
    }
    series.read = std::move(read);
  }
};

MetricsRegistry::MetricsRegistry() : impl_(std::make_unique<Impl>()) {}
MetricsRegistry::~MetricsRegistry() = default;

Counter& MetricsRegistry::GetCounter(std::string_view name,
                                     std::string_view help,
                                     MetricLabels labels) {
  const std::scoped_lock lock(impl_->mutex);
  MetricSeries& series = impl_->Find(name, help, MetricType::kCounter, std::move(labels));
  if (series.read) throw std::logic_error("metric series registered twice: " + std::string(name));
  if (!series.counter) series.counter = std::make_unique<ShardedCounter>();
  return *series.counter;
}

Gauge& MetricsRegistry::GetGauge(std::string_view name,
                                 std::string_view help,
                                 MetricLabels labels) {
  const std::scoped_lock lock(impl_->mutex);
  MetricSeries& series = impl_->Find(name, help, MetricType::kGauge, std::move(labels));
  if (series.read) throw std::logic_error("metric series registered twice: " + std::string(name));
  if (!series.gauge) series.gauge = std::make_unique<AtomicGauge>();
  return *series.gauge;
}

Histogram& MetricsRegistry::GetHistogram(std::string_view name,
                                         std::string_view help,
                                         std::span<const double> upper_bounds,
                                         MetricLabels labels) {
  const std::scoped_lock lock(impl_->mutex);
  MetricSeries& series = impl_->Find(name, help, MetricType::kHistogram, std::move(labels));
  if (!series.histogram) series.histogram = std::make_unique<ShardedHistogram>(upper_bounds);
  return *series.histogram;
}

void MetricsRegistry::AddGaugeCallback(std::string_view name,
                                       std::string_view help,
                                       MetricLabels labels,
                                       std::function<double()> read) {
  impl_->AddCallback(name, help, MetricType::kGauge, std::move(labels), std::move(read));
}

void MetricsRegistry::AddCounterCallback(std::string_view name,
                                         std::string_view help,
                                         MetricLabels labels,
                                         std::function<double()> read) {
  impl_->AddCallback(name, help, MetricType::kCounter, std::move(labels), std::move(read));
}

std::string MetricsRegistry::Expose(MetricsFormat format) const {
  // Values are read outside the lock: a callback may ask the registry for a metric.
  std::vector<MetricFamilyView> views;
  {
    const std::scoped_lock lock(impl_->mutex);
    views.reserve(impl_->families.size());
    for (const auto& [name, family] : impl_->families) {
      MetricFamilyView& view = views.emplace_back(MetricFamilyView{&name, &family, {}});
      for (const auto& [labels, series] : family.series) view.series.emplace_back(&labels, &series);
    }
  }
  return RenderMetrics(views, format);
}

std::vector<std::string> MetricsRegistry::Families() const {
  const std::scoped_lock lock(impl_->mutex);
  std::vector<std::string> lines;
  for (const auto& [name, family] : impl_->families) {
    for (const std::string& labels : family.label_names) {
      std::string& line = lines.emplace_back(name);
      if (!labels.empty()) line += "{" + labels + "}";
      line += " ";
      line += MetricTypeName(family.type);
    }
  }
  std::ranges::sort(lines);
  return lines;
}

}  // namespace vedette
