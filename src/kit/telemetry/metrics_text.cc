// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/metrics_text.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace vedette {
namespace {

std::string Number(double value) {
  if (value != value) return "NaN";
  if (value == std::numeric_limits<double>::infinity()) return "+Inf";
  if (value == -std::numeric_limits<double>::infinity()) return "-Inf";
  return fmt::format("{}", value);
}

// OpenMetrics writes a bound as a floating-point number: 1.0, not 1.
std::string Bound(double value, MetricsFormat format) {
  std::string text = Number(value);
  if (format == MetricsFormat::kOpenMetrics && text.find_first_of(".eE") == std::string::npos) {
    text += ".0";
  }
  return text;
}

std::string ExemplarText(const Exemplar& exemplar) {
  return " # {trace_id=\"" + exemplar.trace.TraceIdHex() + "\",span_id=\"" +
         exemplar.trace.SpanIdHex() + "\"} " + Number(exemplar.value);
}

void AppendSample(std::string& out,
                  std::string_view name,
                  std::string_view labels,
                  std::string_view value,
                  std::string_view exemplar = {}) {
  out += name;
  if (!labels.empty()) {
    out.push_back('{');
    out += labels;
    out.push_back('}');
  }
  out.push_back(' ');
  out += value;
  out += exemplar;
  out.push_back('\n');
}

void AppendHistogram(std::string& out,
                     const std::string& name,
                     const std::string& labels,
                     const ShardedHistogram& histogram,
                     MetricsFormat format) {
  const ShardedHistogram::Snapshot snapshot = histogram.Read();
  std::vector<Exemplar> exemplars;
  if (format == MetricsFormat::kOpenMetrics) exemplars = histogram.Exemplars();
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < snapshot.counts.size(); ++i) {
    cumulative += snapshot.counts[i];
    const std::string bound =
        i < histogram.bounds().size() ? Bound(histogram.bounds()[i], format) : "+Inf";
    const std::string with_bound = labels + (labels.empty() ? "" : ",") + "le=\"" + bound + "\"";
    std::string exemplar;
    if (i < exemplars.size() && exemplars[i].trace.IsValid()) {
      exemplar = ExemplarText(exemplars[i]);
    }
    AppendSample(out, name + "_bucket", with_bound, std::to_string(cumulative), exemplar);
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

// The family's name and type in its head lines. OpenMetrics names a counter without "_total".
void AppendHead(std::string& out, const MetricFamilyView& view, MetricsFormat format) {
  std::string_view name = *view.name;
  std::string_view type = MetricTypeName(view.family->type);
  const bool open_metrics = format == MetricsFormat::kOpenMetrics;
  if (open_metrics && view.family->type == MetricType::kCounter) {
    if (name.ends_with("_total")) {
      name.remove_suffix(std::string_view("_total").size());
    } else {
      type = "unknown";
    }
  }
  out += fmt::format("# HELP {} ", name);
  AppendEscapedMetricText(out, view.family->help, open_metrics);
  out += fmt::format("\n# TYPE {} {}\n", name, type);
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes what stands before the first `separator` off the front of `text`, and the separator.
std::string_view Cut(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view head = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return Trim(head);
}

// One element of an Accept header: whether it is an OpenMetrics that we write, wanted at all.
bool WantsOpenMetrics(std::string_view element) {
  if (Cut(element, ';') != "application/openmetrics-text") return false;
  while (!element.empty()) {
    std::string_view value = Cut(element, ';');
    const std::string_view name = Cut(value, '=');
    if (name == "version" && value != "1.0.0" && value != "\"1.0.0\"") return false;
    double weight = 1;
    if (name == "q" &&
        (std::from_chars(value.data(), value.data() + value.size(), weight).ec != std::errc() ||
         !(weight > 0))) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string_view MetricTypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "unknown";
}

void AppendEscapedMetricText(std::string& out, std::string_view text, bool escape_quote) {
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

std::string RenderMetrics(std::span<const MetricFamilyView> families, MetricsFormat format) {
  std::string out;
  for (const MetricFamilyView& view : families) {
    AppendHead(out, view, format);
    for (const auto& [labels, series] : view.series) {
      if (series->counter) {
        AppendSample(out, *view.name, *labels, std::to_string(series->counter->Value()));
      } else if (series->gauge) {
        AppendSample(out, *view.name, *labels, Number(series->gauge->Value()));
      } else if (series->histogram) {
        AppendHistogram(out, *view.name, *labels, *series->histogram, format);
      } else if (series->read) {
        AppendSample(out, *view.name, *labels, Number(ReadSafely(series->read)));
      }
    }
  }
  if (format == MetricsFormat::kOpenMetrics) out += "# EOF\n";
  return out;
}

MetricsFormat ChooseMetricsFormat(std::string_view accept) {
  while (!accept.empty()) {
    if (WantsOpenMetrics(Cut(accept, ','))) return MetricsFormat::kOpenMetrics;
  }
  return MetricsFormat::kPrometheus;
}

std::string_view MetricsContentType(MetricsFormat format) {
  return format == MetricsFormat::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace vedette
