// SPDX-License-Identifier: Apache-2.0
//
// What the chain does with calls that take too long, with clients that leave, and with streams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/rpc/testing/governed.h"

namespace vedette::rpc::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(IngressTimeTest, WhatTakesTooLongIs504AndIsCancelled) {
  Governed governed;
  const http::ClientResponse late =
      governed.Echo(R"({"text":"hello","age":4,"behaviour":"hang"})", "0.05");
  EXPECT_EQ(late.status, 504);
  EXPECT_THAT(late.body, HasSubstr(R"("code":"DEADLINE_EXCEEDED")"));
  EXPECT_EQ(governed.echo.service.cancelled, 1);
  EXPECT_EQ(governed.Echo(kBody, "30").status, 201);
  for (const char* wrong : {"0", "-1", "x", "1s", "", "nan", "inf"}) {
    http::ClientRequest request{.method = "POST", .target = kEchoTarget, .body = kBody};
    request.headers.Set("Request-Timeout", wrong);
    EXPECT_EQ(governed.Fetch(std::move(request)).status, 400) << wrong;
  }
}

TEST(IngressTimeTest, TheContractsTimeoutReachesTheService) {
  Governed governed({.default_timeout = 7s});
  const SteadyTime before = governed.clock.SteadyNow();
  EXPECT_EQ(governed.Echo().status, 201);
  const Deadline seen = governed.echo.service.last_deadline;
  EXPECT_GE(seen.time, before + 7s);
  EXPECT_LE(seen.time, governed.clock.SteadyNow() + 7s);
}

TEST(IngressTimeTest, AClientThatLeavesIs499AndStopsTheWork) {
  Governed governed;
  const std::string body = R"({"text":"hello","age":4,"behaviour":"hang"})";
  http::RawSocket client(governed.http.port());
  ASSERT_TRUE(client.Send("POST " + std::string(kEchoTarget) +
                          " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer maria\r\n"
                          "Content-Length: " +
                          std::to_string(body.size()) + "\r\n\r\n" + body));
  EXPECT_TRUE(Await<bool>(governed.echo.runtime,
                          [&] { return governed.echo.service.hanging.WaitUntil(Patience()); }));
  client.Close();
  EXPECT_TRUE(Await<bool>(governed.echo.runtime,
                          [&] { return governed.echo.service.gave_up.WaitUntil(Patience()); }));
  const auto counted = [&] {
    return governed.echo.metrics
        .GetCounter("vedette_http_requests_total", "",
                    {{"method", "POST"},
                     {"route", "/api/testing/studies/{study_id}/echo"},
                     {"status", "499"}})
        .Value();
  };
  for (const SteadyTime end = Patience(); counted() == 0 && SystemClock().SteadyNow() < end;) {
    std::this_thread::yield();
  }
  EXPECT_EQ(counted(), 1U);
  // It says nothing about the operation.
  const auto operations = governed.ingress.Snapshot().operations;
  const auto echo = std::ranges::find(operations, "echo.Echo", &Ingress::OperationState::label);
  ASSERT_NE(echo, operations.end());
  EXPECT_EQ(echo->breaker->total, 0);
}

Task<Result<int>> CountEvents(Governed& governed, std::string target, int want) {
  VEDETTE_CO_TRY(auto connection, co_await http::ClientConnection::Connect(
                                      {"127.0.0.1", governed.http.port()}, Patience()));
  http::ClientRequest request{.target = std::move(target)};
  request.headers.Set("Authorization", "Bearer maria");
  VEDETTE_CO_TRY(auto head, co_await connection.Open(std::move(request), Patience()));
  if (head.status != 200) co_return -head.status;
  int seen = 0;
  while (seen < want) {
    VEDETTE_CO_TRY(auto event, co_await connection.NextEvent(Patience()));
    if (!event) break;
    ++seen;
  }
  co_return seen;
}

TEST(IngressTimeTest, StreamsOutliveTheTimeoutAndAreBounded) {
  Governed governed({.max_streams_per_caller = 1, .default_timeout = 1ms});
  const auto count = [&](std::string query, int want) {
    return Await<Result<int>>(governed.echo.runtime,
                              [&] { return CountEvents(governed, kCountTarget + query, want); })
        .value_or(-1);
  };
  // Ten thousand events take longer than the millisecond that a call would have.
  EXPECT_EQ(count("?limit=10000", 10'000), 10'000);
  const auto streams = [&](std::int64_t open) {
    const SteadyTime end = Patience();
    while (governed.ingress.Snapshot().streams != open && governed.clock.SteadyNow() < end) {
      std::this_thread::yield();
    }
    return governed.ingress.Snapshot().streams;
  };
  EXPECT_EQ(streams(0), 0);
  std::future<int> first =
      std::async(std::launch::async, [&] { return count("?behaviour=hang", 1); });
  EXPECT_EQ(streams(1), 1);
  EXPECT_EQ(count("?limit=1", 1), -429);
  // The adapter's stop ends the first.
  Await<bool>(governed.echo.runtime, [&]() -> Task<bool> {
    co_await governed.http.Stop(5s);
    co_return true;
  });
  first.get();
  EXPECT_EQ(streams(0), 0);
}

}  // namespace
}  // namespace vedette::rpc::testing
