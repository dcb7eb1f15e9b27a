// SPDX-License-Identifier: Apache-2.0
#include "kit/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "kit/http/gzip.h"
#include "kit/http/test_server.h"
#include "kit/task/signal.h"

namespace vedette::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(ServerTest, AnswersWithTheHandlersBody) {
  TestServer server;
  server.Start();
  const ClientResponse response =
      server.Fetch({.method = "POST", .target = "/echo", .body = "abc"});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "abc");
  EXPECT_EQ(response.headers.Get("x-content-type-options"), "nosniff");
  EXPECT_EQ(response.headers.Get("referrer-policy"), "no-referrer");
  EXPECT_EQ(response.headers.Get("cache-control"), "no-store");
  EXPECT_TRUE(response.headers.Get("date"));
}

Task<Response> Describe(Request request) {
  Response response;
  response.body = request.method + " " + request.path + " ?" + request.query +
                  " id=" + request.path_variables.at(0).second + " peer=" + request.peer +
                  " trace=" + request.trace.TraceIdHex();
  co_return response;
}

TEST(ServerTest, HandlerSeesPathQueryPeerAndTrace) {
  TestServer server;
  server.router.Add("GET", "/s/{id}", Describe);
  server.Start();
  ClientRequest request{.target = "/s/a%20b?x=1&y=%20"};
  request.headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const ClientResponse response = server.Fetch(request);
  EXPECT_EQ(response.body,
            "GET /s/a%20b ?x=1&y=%20 id=a b peer=127.0.0.1 trace=0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(response.headers.Get("x-trace-id"), "0af7651916cd43dd8448eb211c80319c");
}

TEST(ServerTest, WithoutAValidTraceparentANewTraceBegins) {
  TestServer server;
  server.Start();
  ClientRequest request{.target = "/hello"};
  request.headers.Add("traceparent", "nonsense");
  const auto first = server.Fetch(request);
  const auto second = server.Fetch(request);
  ASSERT_TRUE(first.headers.Get("x-trace-id"));
  EXPECT_EQ(first.headers.Get("x-trace-id")->size(), 32U);
  EXPECT_NE(first.headers.Get("x-trace-id"), second.headers.Get("x-trace-id"));
}

TEST(ServerTest, KeepsAliveAndAnswersPipelinedRequestsInOrder) {
  TestServer server;
  server.Start();
  const std::string answers = server.Exchange(
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\none"
      "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n\r\nthree");
  const auto one = answers.find("\r\n\r\none");
  const auto two = answers.find("\r\n\r\nhello");
  const auto three = answers.find("\r\n\r\nthree");
  ASSERT_NE(one, std::string::npos);
  ASSERT_NE(two, std::string::npos);
  ASSERT_NE(three, std::string::npos);
  EXPECT_LT(one, two);
  EXPECT_LT(two, three);
  EXPECT_THAT(answers.substr(three - 60), HasSubstr("Connection: close"));
}

TEST(ServerTest, ReadsChunkedBodiesHoweverTheyAreCut) {
  TestServer server;
  server.Start();
  const std::string text =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, text.size()}) {
    RawSocket socket(server.port());
    for (std::size_t at = 0; at < text.size(); at += step) {
      ASSERT_TRUE(socket.Send(std::string_view(text).substr(at, step)));
    }
    EXPECT_THAT(socket.ReadAll(), HasSubstr("\r\n\r\nabcde")) << step;
  }
}

TEST(ServerTest, AnswersHttp10) {
  TestServer server;
  server.Start();
  const std::string answer = server.Exchange("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nhello"));
}

TEST(ServerTest, HeadHasTheHeadOfGetAlone) {
  TestServer server;
  server.Start();
  const ClientResponse response = server.Fetch({.method = "HEAD", .target = "/hello"});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.Get("content-length"), "5");
  EXPECT_EQ(response.body, "");
}

TEST(ServerTest, OptionsNamesTheMethods) {
  TestServer server;
  server.Start();
  const ClientResponse response = server.Fetch({.method = "OPTIONS", .target = "/hello"});
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.Get("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(server.Fetch({.method = "OPTIONS", .target = "*"}).status, 204);
}

TEST(ServerTest, UnknownPathAndWrongMethodAreProblems) {
  TestServer server;
  server.Start();
  const ClientResponse unknown = server.Fetch({.target = "/none"});
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.headers.Get("content-type"), "application/problem+json");
  EXPECT_THAT(unknown.body, HasSubstr("\"code\":\"NOT_FOUND\""));
  const ClientResponse wrong = server.Fetch({.method = "PUT", .target = "/hello", .body = "x"});
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.Get("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(server.Fetch({.target = "/%zz"}).status, 400);
}

TEST(ServerTest, ASmallBodyOfARefusedRequestDoesNotEndTheConnection) {
  TestServer server;
  server.Start();
  const std::string answers = server.Exchange(
      "POST /none HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
      "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answers, HasSubstr("404"));
  EXPECT_THAT(answers, HasSubstr("\r\n\r\nhello"));
}

Task<Response> Throw(Request) {
  throw std::runtime_error("the inside story");
  co_return Response();
}

TEST(ServerTest, AHandlersExceptionIsAnErrorIdOutsideAndALogLineInside) {
  TestServer server;
  server.router.Add("GET", "/throw", Throw);
  server.Start();
  const ClientResponse response = server.Fetch({.target = "/throw"});
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, Not(HasSubstr("inside story")));
  server.Stop();
  std::string id;
  for (const auto& entry : server.log->entries()) {
    if (entry.message == "a request handler failed") {
      id = std::get<std::string>(entry.fields.at("error_id"));
    }
  }
  // What an exception says may hold what came with the request.
  EXPECT_FALSE(server.log->Contains("inside story"));
  ASSERT_FALSE(id.empty());
  EXPECT_THAT(response.body, HasSubstr(id));
}

TEST(ServerTest, CompressesLongTextForThoseWhoTakeIt) {
  TestServer server;
  server.router.Add("GET", "/long", [](Request) { return AnswerText(std::string(5000, 'a')); });
  server.Start();
  ClientRequest request{.target = "/long"};
  EXPECT_EQ(server.Fetch(request).body.size(), 5000U);
  request.headers.Add("Accept-Encoding", "gzip");
  const ClientResponse packed = server.Fetch(request);
  EXPECT_EQ(packed.headers.Get("content-encoding"), "gzip");
  EXPECT_EQ(packed.headers.Get("vary"), "Accept-Encoding");
  std::string text;
  GzipInflater().Append(packed.body, text, 10'000);
  EXPECT_EQ(text, std::string(5000, 'a'));
  request.target = "/hello";  // too short to be worth it
  EXPECT_FALSE(server.Fetch(request).headers.Get("content-encoding"));
}

TEST(ServerTest, InflatesGzipBodies) {
  TestServer server;
  server.Start();
  ClientRequest request{.method = "POST", .target = "/echo"};
  request.body = GzipDeflater(1).Compress(std::string(9000, 'z'));
  request.headers.Add("Content-Encoding", "gzip");
  EXPECT_EQ(server.Fetch(request).body, std::string(9000, 'z'));
  request.headers.Set("Content-Encoding", "br");
  const ClientResponse refused = server.Fetch(request);
  EXPECT_EQ(refused.status, 415);
  EXPECT_EQ(refused.headers.Get("accept-encoding"), "gzip");
}

TEST(ServerTest, LargeAnswersArriveWhole) {
  TestServer server;
  std::string large;
  for (int i = 0; large.size() < 8 * 1024 * 1024; ++i) large += std::to_string(i);
  server.router.Add("GET", "/large", [&large](Request) { return AnswerText(large); });
  server.Start();
  EXPECT_EQ(server.Fetch({.target = "/large"}).body, large);
}

TEST(ServerTest, LogsTheRouteAndNeverThePath) {
  TestServer server;
  server.router.Add("GET", "/patient/{id}", [](Request) { return AnswerText("x"); });
  server.Start();
  server.Fetch({.target = "/patient/SECRET-7?name=SECRET-NAME"});
  server.Fetch({.target = "/unknown/SECRET-8"});
  server.Stop();
  EXPECT_FALSE(server.log->Contains("SECRET"));
  EXPECT_TRUE(server.log->Contains("/patient/{id}"));
}

TEST(ServerTest, CountsRequestsByRoute) {
  TestServer server;
  server.Start();
  server.Fetch({.target = "/hello"});
  server.Fetch({.target = "/hello"});
  server.Fetch({.target = "/none"});
  server.Stop();
  EXPECT_EQ(CounterValue(server.metrics, "vedette_http_requests_total",
                         {{"method", "GET"}, {"route", "/hello"}, {"status", "200"}}),
            2U);
  EXPECT_EQ(CounterValue(server.metrics, "vedette_http_requests_total",
                         {{"method", "GET"}, {"route", "(none)"}, {"status", "404"}}),
            1U);
  EXPECT_EQ(server.metrics.GetGauge("vedette_http_connections", "").Value(), 0.0);
}

Task<Response> WaitFor(Signal started, Signal go) {
  started.Set();
  if (!co_await go.Wait()) co_return ProblemResponse({Code::kCancelled, "cancelled"});
  co_return co_await AnswerText("done");
}

TEST(ServerTest, StopLetsRequestsInFlightFinishAndClosesIdleConnections) {
  TestServer server;
  const Signal started;
  const Signal go;
  server.router.Add("GET", "/wait", [=](Request) { return WaitFor(started, go); });
  server.Start();
  const std::uint16_t port = server.port();
  RawSocket idle(port);
  idle.Send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(idle.ReadUntil("hello"), HasSubstr("hello"));
  RawSocket busy(port);
  busy.Send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  server.runtime.RunBlocking([&]() -> Task<void> {
    return [](Signal signal) -> Task<void> { co_await signal.Wait(); }(started);
  });
  auto stopped = std::async(std::launch::async, [&] { server.Stop(); });
  EXPECT_EQ(idle.ReadAll(), "");  // closed although nothing was in flight there
  go.Set();
  const std::string answer = busy.ReadAll();
  EXPECT_THAT(answer, HasSubstr("\r\n\r\ndone"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  stopped.get();
  EXPECT_FALSE(RawSocket(port).connected());
}

TEST(ServerTest, StopCancelsWhatDoesNotFinishInTime) {
  TestServer server;
  const Signal started;
  server.router.Add("GET", "/wait", [=](Request) { return WaitFor(started, Signal()); });
  server.Start();
  RawSocket busy(server.port());
  busy.Send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  server.runtime.RunBlocking([&]() -> Task<void> {
    return [](Signal signal) -> Task<void> { co_await signal.Wait(); }(started);
  });
  server.Stop(std::chrono::milliseconds(20));
  EXPECT_EQ(busy.ReadAll(), "");
  EXPECT_EQ(server.metrics.GetGauge("vedette_http_connections", "").Value(), 0.0);
}

TEST(ServerTest, ATakenPortIsUnavailable) {
  TestServer first;
  first.Start();
  ServerOptions options;
  options.port = first.port();
  Server second(options, first.router, first.runtime, Logger(), first.metrics, first.clock);
  const Status started = second.Start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::kUnavailable);
}

// Each would else wait for all calls of those before it.
TEST(ServerTest, ABusyServerTakesAllWhoCameMeanwhile) {
  constexpr int kClients = 20;
  Runtime busy(1);
  MetricsRegistry metrics;
  const SystemClock clock;
  std::promise<void> held;
  std::promise<void> release;
  Router router;
  router.Add("GET", "/hold", [&](Request) {
    held.set_value();
    release.get_future().wait();
    return AnswerText("held");
  });
  router.Add("GET", "/connections", [&](Request) {
    const Gauge& open = metrics.GetGauge("vedette_http_connections", "");
    return AnswerText(std::to_string(std::lround(open.Value())) + " connections");
  });
  Server server({.port = 0}, router, busy, Logger(), metrics, clock);
  ASSERT_TRUE(server.Start());
  RawSocket first(server.port());
  ASSERT_TRUE(first.Send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n"));
  held.get_future().wait();
  std::vector<std::unique_ptr<RawSocket>> sockets;
  for (int i = 0; i < kClients; ++i) {
    sockets.push_back(std::make_unique<RawSocket>(server.port()));
    ASSERT_TRUE(sockets.back()->Send("GET /connections HTTP/1.1\r\nHost: h\r\n\r\n"));
  }
  release.set_value();
  for (const auto& socket : sockets) {
    EXPECT_THAT(socket->ReadUntil(" connections"), EndsWith("21 connections"));
  }
  busy.RunBlocking([&] { return server.Stop(std::chrono::seconds(20)); });
}

}  // namespace
}  // namespace vedette::http
