// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kit/telemetry/metric_cells.h"
#include "kit/telemetry/metrics.h"

// How a registry keeps its metrics and writes them as text. For metrics.cc.
namespace vedette {

enum class MetricType { kCounter, kGauge, kHistogram };

std::string_view MetricTypeName(MetricType type);

// One line of a family, or the several lines of a histogram. Exactly one member is set.
struct MetricSeries {
  std::unique_ptr<ShardedCounter> counter;
  std::unique_ptr<AtomicGauge> gauge;
  std::unique_ptr<ShardedHistogram> histogram;
  std::function<double()> read;
};

struct MetricFamily {
  MetricType type;
  std::string help;
  std::map<std::string, MetricSeries> series;  // by rendered labels, `a="1",b="2"`
  std::set<std::string> label_names;           // "a,b"
};

struct MetricFamilyView {
  const std::string* name;
  const MetricFamily* family;
  std::vector<std::pair<const std::string*, const MetricSeries*>> series;
};

void AppendEscapedMetricText(std::string& out, std::string_view text, bool escape_quote);

std::string RenderMetrics(std::span<const MetricFamilyView> families, MetricsFormat format);

}  // namespace vedette
