// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>

#include "kit/telemetry/metrics.h"

namespace vedette {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TraceContext Trace(bool sampled) {
  TraceContext trace =
      *TraceContext::FromTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  trace.sampled = sampled;
  return trace;
}

TEST(OpenMetricsTest, WritesExemplarsWhereThePlainFormatHasNone) {
  MetricsRegistry registry;
  registry.GetCounter("vedette_calls_total", "Calls \"all\".").Add(2);
  registry.GetCounter("vedette_odd", "Odd.").Add();
  registry.GetGauge("vedette_length", "Waiting.").Set(2.5);
  const double bounds[] = {0.1, 1};
  Histogram& histogram = registry.GetHistogram("vedette_seconds", "Time.", bounds, {{"a", "b"}});
  histogram.Observe(0.05, Trace(true));
  histogram.Observe(0.07, Trace(true));
  histogram.Observe(0.5, Trace(false));
  histogram.Observe(0.6);
  histogram.Observe(3, Trace(true));
  EXPECT_EQ(registry.Expose(MetricsFormat::kOpenMetrics),
            R"(# HELP vedette_calls Calls \"all\".
# TYPE vedette_calls counter
vedette_calls_total 2
# HELP vedette_length Waiting.
# TYPE vedette_length gauge
vedette_length 2.5
# HELP vedette_odd Odd.
# TYPE vedette_odd unknown
vedette_odd 1
# HELP vedette_seconds Time.
# TYPE vedette_seconds histogram
vedette_seconds_bucket{a="b",le="0.1"} 2 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736",span_id="00f067aa0ba902b7"} 0.07
vedette_seconds_bucket{a="b",le="1.0"} 4
vedette_seconds_bucket{a="b",le="+Inf"} 5 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736",span_id="00f067aa0ba902b7"} 3
vedette_seconds_sum{a="b"} 4.22
vedette_seconds_count{a="b"} 5
# EOF
)");
  EXPECT_THAT(registry.Expose(), Not(HasSubstr("trace_id")));
  EXPECT_THAT(registry.Expose(), Not(HasSubstr("EOF")));
}

TEST(OpenMetricsTest, OnlyRealObservationsOfSampledTracesAreExemplars) {
  MetricsRegistry registry;
  const double bounds[] = {1.0};
  Histogram& histogram = registry.GetHistogram("vedette_seconds", "Time.", bounds);
  histogram.Observe(0.5, TraceContext{.sampled = true});
  histogram.Observe(std::numeric_limits<double>::quiet_NaN(), Trace(true));
  const std::string page = registry.Expose(MetricsFormat::kOpenMetrics);
  EXPECT_THAT(page, Not(HasSubstr("trace_id")));
  EXPECT_THAT(page, HasSubstr("vedette_seconds_count 1\n"));
}

TEST(OpenMetricsTest, CountsEveryObservationThatThreadsMake) {
  MetricsRegistry registry;
  Histogram& histogram = registry.GetHistogram("vedette_seconds", "Time.", LatencyBuckets());
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&histogram] {
        for (int i = 0; i < 1000; ++i) histogram.Observe(0.01, Trace(true));
      });
    }
  }
  EXPECT_THAT(registry.Expose(MetricsFormat::kOpenMetrics),
              HasSubstr("vedette_seconds_count 4000\n"));
}

TEST(OpenMetricsTest, IsChosenWhenAskedFor) {
  for (const std::string_view accept :
       {"application/openmetrics-text",
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1",
        "application/openmetrics-text;version=0.0.1;q=0.8, application/openmetrics-text",
        "text/plain,application/openmetrics-text;version=\"1.0.0\""}) {
    EXPECT_EQ(ChooseMetricsFormat(accept), MetricsFormat::kOpenMetrics) << accept;
  }
  for (const std::string_view accept :
       {"", "*/*", "text/plain;version=0.0.4", "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text;q=0", "application/openmetrics-text;q=x",
        "application/openmetrics", ",;=,;;,", "text/html;x=application/openmetrics-text"}) {
    EXPECT_EQ(ChooseMetricsFormat(accept), MetricsFormat::kPrometheus) << accept;
  }
}

TEST(MetricFamiliesTest, NamesLabelsAndTypesAreListed) {
  MetricsRegistry registry;
  registry.GetCounter("vedette_calls_total", "C.", {{"method", "a"}, {"code", "OK"}});
  registry.GetCounter("vedette_calls_total", "C.", {{"code", "OK"}, {"method", "b"}});
  registry.GetCounter("vedette_calls_total", "C.", {{"route", "/x"}});
  registry.GetHistogram("vedette_seconds", "T.", LatencyBuckets());
  registry.AddGaugeCallback("vedette_age_seconds", "A.", {{"pool", "db"}}, [] { return 1.0; });
  EXPECT_THAT(
      registry.Families(),
      ElementsAre("vedette_age_seconds{pool} gauge", "vedette_calls_total{code,method} counter",
                  "vedette_calls_total{route} counter", "vedette_seconds histogram"));
}

}  // namespace
}  // namespace vedette
