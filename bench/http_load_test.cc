// SPDX-License-Identifier: Apache-2.0
#include "http_load.h"

#include <gtest/gtest.h>

#include <atomic>

#include "kit/http/test_server.h"

namespace vedette::bench {
namespace {

TEST(LatencyHistogramTest, PercentilesAreWithinTwoPercent) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.Percentile(50).count(), 0);
  for (int i = 1; i <= 100'000; ++i) histogram.Record(std::chrono::microseconds(i));
  for (const double percent : {1.0, 50.0, 99.0, 99.9, 100.0}) {
    const double exact = percent * 1e6;
    const auto found = static_cast<double>(histogram.Percentile(percent).count());
    EXPECT_GE(found, exact) << percent;
    EXPECT_LE(found, exact * 1.02) << percent;
  }
  LatencyHistogram small;
  small.Record(std::chrono::nanoseconds(100));
  EXPECT_EQ(small.Percentile(50).count(), 100);
  small.Merge(histogram);
  EXPECT_EQ(small.count(), 100'001U);
}

LoadReport Load(http::TestServer& server, LoadOptions options, std::atomic<std::uint64_t>& right) {
  options.port = server.port();
  options.warmup = std::chrono::milliseconds(0);
  options.connections = 4;
  options.threads = 2;
  return RunLoad(
      options,
      [](std::uint64_t index, std::string& out) {
        const std::string body = "n" + std::to_string(index);
        AppendRequest(out, {.method = "POST", .target = "/echo", .body = body});
      },
      [&](std::uint64_t index, int status, std::string_view body) {
        const bool good = status == 200 && body == "n" + std::to_string(index);
        if (good) right.fetch_add(1);
        return good;
      });
}

TEST(HttpLoadTest, ClosedLoopSendsEachRequestOnce) {
  http::TestServer server;
  server.Start();
  std::atomic<std::uint64_t> right{0};
  const LoadReport report =
      Load(server, {.duration = std::chrono::seconds(60), .max_requests = 500}, right);
  EXPECT_EQ(report.answered, 500U);
  EXPECT_EQ(right.load(), 500U);
  EXPECT_EQ(report.wrong + report.failed, 0U);
  EXPECT_EQ(report.latency.count(), 500U);
}

TEST(HttpLoadTest, OpenLoopKeepsItsRate) {
  http::TestServer server;
  server.Start();
  std::atomic<std::uint64_t> right{0};
  const LoadReport report =
      Load(server, {.rate = 200, .duration = std::chrono::milliseconds(500)}, right);
  EXPECT_GT(report.answered, 0U);
  EXPECT_LE(report.answered, 105U);  // never faster than scheduled
  EXPECT_EQ(report.wrong + report.failed, 0U);
}

TEST(HttpLoadTest, CountsWrongAnswers) {
  http::TestServer server;
  server.Start();
  const LoadReport report =
      RunLoad({.port = server.port(),
               .connections = 1,
               .warmup = std::chrono::milliseconds(0),
               .duration = std::chrono::seconds(60),
               .max_requests = 10},
              [](std::uint64_t, std::string& out) { AppendRequest(out, {.target = "/none"}); });
  EXPECT_EQ(report.answered, 0U);
  EXPECT_EQ(report.wrong, 10U);
}

}  // namespace
}  // namespace vedette::bench
