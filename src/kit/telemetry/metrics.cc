// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>

#include "kit/telemetry/metric_cells.h"

namespace vedette {
namespace {

enum class Type { kCounter, kGauge, kHistogram };

std::string_view TypeName(Type type) {
  switch (type) {
    case Type::kCounter:
      return "counter";
    case Type::kGauge:
      return "gauge";
    case Type::kHistogram:
      return "histogram";
  }
  return "untyped";
}

// One line of a family, or the several lines of a histogram. Exactly one member is set.
struct Series {
  std::unique_ptr<ShardedCounter> counter;
  std::unique_ptr<AtomicGauge> gauge;
  std::unique_ptr<ShardedHistogram> histogram;
  std::function<double()> read;
};

struct Family {
  Type type;
  std::string help;
  std::map<std::string, Series> series;  // by rendered labels, `a="1",b="2"`
};

bool IsName(std::string_view name, bool colon_allowed) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c == ':' && colon_allowed);
  });
}

void AppendEscaped(std::string& out, std::string_view text, bool escape_quote) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && escape_quote) {
      out += "\\\"";
    } else {
      out.push_back(c);
    }
  }
}

std::string RenderLabels(MetricLabels labels) {
  std::ranges::sort(labels);
  std::string out;
  std::string_view previous;
  for (const auto& [name, value] : labels) {
    if (!IsName(name, false) || name.starts_with("__") || name == "le" || name == previous) {
      throw std::logic_error("malformed or repeated metric label: " + name);
    }
    previous = name;
    if (!out.empty()) out.push_back(',');
    out += name + "=\"";
    AppendEscaped(out, value, true);
    out.push_back('"');
  }
  return out;
}

std::string Number(double value) {
  if (value != value) return "NaN";
  if (value == std::numeric_limits<double>::infinity()) return "+Inf";
  if (value == -std::numeric_limits<double>::infinity()) return "-Inf";
  return fmt::format("{}", value);
}

void AppendSample(std::string& out,
                  std::string_view name,
                  std::string_view labels,
                  std::string_view value) {
  out += name;
  if (!labels.empty()) {
    out.push_back('{');
    out += labels;
    out.push_back('}');
  }
  out.push_back(' ');
  out += value;
  out.push_back('\n');
}

void AppendHistogram(std::string& out,
                     const std::string& name,
                     const std::string& labels,
                     const ShardedHistogram& histogram) {
  const ShardedHistogram::Snapshot snapshot = histogram.Read();
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < snapshot.counts.size(); ++i) {
    cumulative += snapshot.counts[i];
    const std::string bound =
        i < histogram.bounds().size() ? Number(histogram.bounds()[i]) : "+Inf";
    const std::string with_bound = labels + (labels.empty() ? "" : ",") + "le=\"" + bound + "\"";
    AppendSample(out, name + "_bucket", with_bound, std::to_string(cumulative));
  }
  AppendSample(out, name + "_sum", labels, Number(snapshot.sum));
  AppendSample(out, name + "_count", labels, std::to_string(cumulative));
}

double ReadSafely(const std::function<double()>& read) {
  try {
    return read();
  } catch (...) {
    // One broken reading must not take the page down.
    return std::numeric_limits<double>::quiet_NaN();
  }
}

constexpr double kLatencyBuckets[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                      0.05,   0.1,     0.25,   0.5,   1.0,    2.5,   5.0,  10.0};

}  // namespace

std::span<const double> LatencyBuckets() { return kLatencyBuckets; }

// Families and series are only ever added, and the maps' nodes do not move.
struct MetricsRegistry::Impl {
  mutable std::mutex mutex;
  std::map<std::string, Family, std::less<>> families;

  // With the mutex held.
  Series& Find(std::string_view name, std::string_view help, Type type, MetricLabels labels) {
    if (!IsName(name, true)) throw std::logic_error("malformed metric name: " + std::string(name));
    auto found = families.find(name);
    if (found == families.end()) {
      found = families.emplace(std::string(name), Family{type, std::string(help), {}}).first;
    }
    if (found->second.type != type) {
      throw std::logic_error("metric with two types: " + std::string(name));
    }
    return found->second.series[RenderLabels(std::move(labels))];
  }

  void AddCallback(std::string_view name,
                   std::string_view help,
                   Type type,
                   MetricLabels labels,
                   std::function<double()> read) {
    const std::scoped_lock lock(mutex);
    Series& series = Find(name, help, type, std::move(labels));
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
  Series& series = impl_->Find(name, help, Type::kCounter, std::move(labels));
  if (series.read) throw std::logic_error("metric series registered twice: " + std::string(name));
  if (!series.counter) series.counter = std::make_unique<ShardedCounter>();
  return *series.counter;
}

Gauge& MetricsRegistry::GetGauge(std::string_view name,
                                 std::string_view help,
                                 MetricLabels labels) {
  const std::scoped_lock lock(impl_->mutex);
  Series& series = impl_->Find(name, help, Type::kGauge, std::move(labels));
  if (series.read) throw std::logic_error("metric series registered twice: " + std::string(name));
  if (!series.gauge) series.gauge = std::make_unique<AtomicGauge>();
  return *series.gauge;
}

Histogram& MetricsRegistry::GetHistogram(std::string_view name,
                                         std::string_view help,
                                         std::span<const double> upper_bounds,
                                         MetricLabels labels) {
  const std::scoped_lock lock(impl_->mutex);
  Series& series = impl_->Find(name, help, Type::kHistogram, std::move(labels));
  if (!series.histogram) series.histogram = std::make_unique<ShardedHistogram>(upper_bounds);
  return *series.histogram;
}

void MetricsRegistry::AddGaugeCallback(std::string_view name,
                                       std::string_view help,
                                       MetricLabels labels,
                                       std::function<double()> read) {
  impl_->AddCallback(name, help, Type::kGauge, std::move(labels), std::move(read));
}

void MetricsRegistry::AddCounterCallback(std::string_view name,
                                         std::string_view help,
                                         MetricLabels labels,
                                         std::function<double()> read) {
  impl_->AddCallback(name, help, Type::kCounter, std::move(labels), std::move(read));
}

std::string MetricsRegistry::Expose() const {
  struct View {
    const std::string* name;
    const Family* family;
    std::vector<std::pair<const std::string*, const Series*>> series;
  };
  // Values are read outside the lock: a callback may ask the registry for a metric.
  std::vector<View> views;
  {
    const std::scoped_lock lock(impl_->mutex);
    views.reserve(impl_->families.size());
    for (const auto& [name, family] : impl_->families) {
      View& view = views.emplace_back(View{&name, &family, {}});
      for (const auto& [labels, series] : family.series) view.series.emplace_back(&labels, &series);
    }
  }
  std::string out;
  for (const View& view : views) {
    out += "# HELP " + *view.name + " ";
    AppendEscaped(out, view.family->help, false);
    out += "\n# TYPE " + *view.name + " ";
    out += TypeName(view.family->type);
    out.push_back('\n');
    for (const auto& [labels, series] : view.series) {
      if (series->counter) {
        AppendSample(out, *view.name, *labels, std::to_string(series->counter->Value()));
      } else if (series->gauge) {
        AppendSample(out, *view.name, *labels, Number(series->gauge->Value()));
      } else if (series->histogram) {
        AppendHistogram(out, *view.name, *labels, *series->histogram);
      } else if (series->read) {
        AppendSample(out, *view.name, *labels, Number(ReadSafely(series->read)));
      }
    }
  }
  return out;
}

}  // namespace vedette
