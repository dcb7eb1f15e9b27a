// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <thread>

#include "kit/telemetry/process_figures.h"
#include "kit/telemetry/process_metrics.h"

namespace vedette {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

TEST(MetricsTest, ExposesTheTextFormat) {
  MetricsRegistry registry;
  registry.GetGauge("vedette_queue_length", "Waiting.").Set(2.5);
  registry.GetCounter("vedette_calls_total", "Calls, by \\ and\nmethod.", {{"method", "b"}}).Add(2);
  registry
      .GetCounter("vedette_calls_total", "Calls, by \\ and\nmethod.",
                  {{"method", "a\"\\\n"}, {"code", "OK"}})
      .Add();
  registry.AddGaugeCallback("vedette_pool_size", "Size.", {{"pool", "db"}}, [] { return 7.0; });
  const double bounds[] = {0.1, 1, 5};
  Histogram& histogram =
      registry.GetHistogram("vedette_seconds", "Time.", bounds, {{"route", "/a"}});
  for (const double value : {0.05, 0.1, 0.5, 30.0}) histogram.Observe(value);
  EXPECT_EQ(registry.Expose(), R"(# HELP vedette_calls_total Calls, by \\ and\nmethod.
# TYPE vedette_calls_total counter
vedette_calls_total{code="OK",method="a\"\\\n"} 1
vedette_calls_total{method="b"} 2
# HELP vedette_pool_size Size.
# TYPE vedette_pool_size gauge
vedette_pool_size{pool="db"} 7
# HELP vedette_queue_length Waiting.
# TYPE vedette_queue_length gauge
vedette_queue_length 2.5
# HELP vedette_seconds Time.
# TYPE vedette_seconds histogram
vedette_seconds_bucket{route="/a",le="0.1"} 2
vedette_seconds_bucket{route="/a",le="1"} 3
vedette_seconds_bucket{route="/a",le="5"} 3
vedette_seconds_bucket{route="/a",le="+Inf"} 4
vedette_seconds_sum{route="/a"} 30.65
vedette_seconds_count{route="/a"} 4
)");
}

TEST(MetricsTest, TheSameNameAndLabelsAreTheSameMetric) {
  MetricsRegistry registry;
  Counter& first = registry.GetCounter("vedette_a_total", "A.", {{"x", "1"}, {"y", "2"}});
  Counter& second = registry.GetCounter("vedette_a_total", "A.", {{"y", "2"}, {"x", "1"}});
  Counter& other = registry.GetCounter("vedette_a_total", "A.", {{"x", "2"}, {"y", "2"}});
  EXPECT_EQ(&first, &second);
  EXPECT_NE(&first, &other);
}

TEST(MetricsTest, ManyThreadsLoseNoCount) {
  MetricsRegistry registry;
  Counter& counter = registry.GetCounter("vedette_a_total", "A.");
  Gauge& gauge = registry.GetGauge("vedette_b", "B.");
  Histogram& histogram = registry.GetHistogram("vedette_c_seconds", "C.", LatencyBuckets());
  {
    // More threads than shards.
    std::vector<std::jthread> threads;
    for (int i = 0; i < 20; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 1000; ++k) {
          counter.Add();
          gauge.Add(1);
          histogram.Observe(0.5);
        }
      });
    }
  }
  EXPECT_EQ(counter.Value(), 20'000U);
  EXPECT_EQ(gauge.Value(), 20'000);
  EXPECT_THAT(registry.Expose(), HasSubstr("vedette_c_seconds_count 20000\n"));
  EXPECT_THAT(registry.Expose(), HasSubstr("vedette_c_seconds_sum 10000\n"));
}

TEST(MetricsTest, SpecialNumbersAreWrittenAsPrometheusReadsThem) {
  MetricsRegistry registry;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  registry.GetGauge("a", "A.").Set(kInfinity);
  registry.GetGauge("b", "B.").Set(-kInfinity);
  registry.AddGaugeCallback("c", "C.", {}, []() -> double { throw std::runtime_error("broken"); });
  const double bounds[] = {1};
  Histogram& histogram = registry.GetHistogram("d", "D.", bounds);
  histogram.Observe(std::numeric_limits<double>::quiet_NaN());
  const std::string page = registry.Expose();
  EXPECT_THAT(page, HasSubstr("\na +Inf\n"));
  EXPECT_THAT(page, HasSubstr("\nb -Inf\n"));
  EXPECT_THAT(page, HasSubstr("\nc NaN\n"));
  EXPECT_THAT(page, HasSubstr("\nd_count 0\n"));
}

TEST(MetricsTest, ACallbackMayUseTheRegistry) {
  MetricsRegistry registry;
  registry.AddGaugeCallback(
      "a", "A.", {}, [&] { return static_cast<double>(registry.GetCounter("b", "B.").Value()); });
  EXPECT_THAT(registry.Expose(), HasSubstr("\na 0\n"));
}

TEST(MetricsTest, DefectsAreRefused) {
  MetricsRegistry registry;
  registry.GetCounter("a", "A.");
  registry.AddGaugeCallback("c", "C.", {}, [] { return 0.0; });
  const double descending[] = {2, 1};
  EXPECT_THROW(registry.GetGauge("a", "A."), std::logic_error);
  EXPECT_THROW(registry.GetCounter("1a", "A."), std::logic_error);
  EXPECT_THROW(registry.GetCounter("", "A."), std::logic_error);
  EXPECT_THROW(registry.GetCounter("b", "B.", {{"le", "1"}}), std::logic_error);
  EXPECT_THROW(registry.GetCounter("b", "B.", {{"x", "1"}, {"x", "2"}}), std::logic_error);
  EXPECT_THROW(registry.AddGaugeCallback("c", "C.", {}, [] { return 0.0; }), std::logic_error);
  EXPECT_THROW(registry.GetHistogram("h", "H.", descending), std::logic_error);
}

TEST(MetricsTest, TheProcessTellsAboutItself) {
  MetricsRegistry registry;
  AddProcessMetrics(registry, "1.2.3");
  const std::string page = registry.Expose();
  EXPECT_THAT(page, ContainsRegex("\nprocess_resident_memory_bytes [1-9]"));
  EXPECT_THAT(page, HasSubstr("# TYPE process_cpu_seconds_total counter\n"));
  EXPECT_THAT(page, ContainsRegex("\nprocess_cpu_seconds_total [0-9]"));
  EXPECT_THAT(page, ContainsRegex("\nprocess_start_time_seconds [1-9]"));
  EXPECT_THAT(page, ContainsRegex("\nprocess_open_fds [1-9]"));
  EXPECT_THAT(page, ContainsRegex("\nprocess_threads [1-9]"));
  EXPECT_THAT(page, ContainsRegex("\nvedette_build_info\\{.*version=\"1.2.3\"\\} 1\n"));
}

TEST(ProcessFiguresTest, FieldsOfStatAreReadBehindTheName) {
  EXPECT_EQ(ProcessStatField("7 (a b) S 4 5", 4), 4);
  EXPECT_EQ(ProcessStatField("7 (a) 9 (b) S 4 5", 5), 5);
  EXPECT_TRUE(std::isnan(ProcessStatField("7 (a) S 4 5", 3)));
  for (const char* odd : {"", "7", "7 (a", "7 (a)", "7 (a) ", "7 (a) S 4 5"}) {
    EXPECT_TRUE(std::isnan(ProcessStatField(odd, 24))) << odd;
  }
}

}  // namespace
}  // namespace vedette
