// SPDX-License-Identifier: Apache-2.0
// What a client may not do: too much, too long, too slowly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/http/gzip.h"
#include "kit/http/test_server.h"

namespace vedette::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::uint64_t Refused(TestServer& server, std::string reason) {
  return CounterValue(server.metrics, "vedette_http_refused_total", {{"reason", reason}});
}

TEST(ServerLimitsTest, AHeadOverTheLimitIs431) {
  ServerOptions options;
  options.max_header_bytes = 1024;
  TestServer server(options);
  server.Start();
  const std::string start = "GET /hello HTTP/1.1\r\nHost: h\r\n";
  const std::string one = server.Exchange(start + "X: " + std::string(2000, 'x') + "\r\n\r\n");
  EXPECT_THAT(one, StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(one, HasSubstr("application/problem+json"));
  std::string many = start;
  for (int i = 0; i < 100; ++i) many += "X-" + std::to_string(i) + ": some value\r\n";
  EXPECT_THAT(server.Exchange(many + "\r\n"), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(server.Exchange("GET /" + std::string(3000, 'a') + " HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(Refused(server, "header_size"), 3U);
  EXPECT_THAT(
      server.Exchange(start + "Connection: close\r\nX: " + std::string(900, 'x') + "\r\n\r\n"),
      StartsWith("HTTP/1.1 200 "));
}

TEST(ServerLimitsTest, ABodyOverTheLimitIs413HoweverItComes) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  TestServer server(options);
  server.router.Add("POST", "/more",
                    [](Request request) { return AnswerText(std::to_string(request.body.size())); },
                    {.max_body_bytes = 500'000});
  server.Start();
  EXPECT_EQ(
      server.Fetch({.method = "POST", .target = "/echo", .body = std::string(1000, 'x')}).status,
      200);
  // By its declared length, without the body being read.
  EXPECT_THAT(server.Exchange("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n" +
                              std::string(1001, 'x') +
                              "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(
      server.Exchange("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n"),
      StartsWith("HTTP/1.1 413 "));
  // Counted as it streams.
  std::string chunked = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) chunked += "64\r\n" + std::string(100, 'x') + "\r\n";
  EXPECT_THAT(server.Exchange(chunked + "0\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
  // Counted as it inflates.
  ClientRequest bomb{.method = "POST", .target = "/echo"};
  bomb.headers.Add("Content-Encoding", "gzip");
  bomb.body = GzipDeflater(9).Compress(std::string(100'000, 'a'));
  ASSERT_LT(bomb.body.size(), 1000U);
  EXPECT_EQ(server.Fetch(bomb).status, 413);
  // A route may take more.
  EXPECT_EQ(
      server.Fetch({.method = "POST", .target = "/more", .body = std::string(400'000, 'x')}).body,
      "400000");
  bomb.target = "/more";
  EXPECT_EQ(server.Fetch(bomb).body, "100000");
}

TEST(ServerLimitsTest, BrokenGzipIs400) {
  TestServer server;
  server.Start();
  ClientRequest request{.method = "POST", .target = "/echo", .body = "this is not gzip"};
  request.headers.Add("Content-Encoding", "gzip");
  EXPECT_EQ(server.Fetch(request).status, 400);
  request.body = GzipDeflater(1).Compress("abc");
  request.body.resize(request.body.size() - 4);
  EXPECT_EQ(server.Fetch(request).status, 400);
}

TEST(ServerLimitsTest, ExpectContinueIsAnsweredOnlyWhenTheBodyIsWanted) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  TestServer server(options);
  server.Start();
  RawSocket wanted(server.port());
  wanted.Send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_EQ(wanted.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  wanted.Send("abc");
  EXPECT_THAT(wanted.ReadAll(), HasSubstr("\r\n\r\nabc"));
  EXPECT_THAT(server.Exchange("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\n"
                              "Expect: 100-continue\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(server.Exchange("GET /hello HTTP/1.1\r\nHost: h\r\nExpect: magic\r\n"
                              "Connection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 417 "));
}

TEST(ServerLimitsTest, AHeadThatDripsIs408) {
  ServerOptions options;
  options.header_timeout = std::chrono::milliseconds(40);
  TestServer server(options);
  server.Start();
  const std::string answer = server.Exchange("GET /hello HTTP/1.1\r\nHos");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(Refused(server, "header_timeout"), 1U);
}

TEST(ServerLimitsTest, ABodyThatDripsIs408) {
  ServerOptions options;
  options.body_timeout = std::chrono::milliseconds(40);
  TestServer server(options);
  server.Start();
  EXPECT_THAT(server.Exchange("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"),
              StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(Refused(server, "body_timeout"), 1U);
}

TEST(ServerLimitsTest, AnIdleConnectionIsClosed) {
  ServerOptions options;
  options.idle_timeout = std::chrono::milliseconds(200);
  TestServer server(options);
  server.Start();
  EXPECT_EQ(server.Exchange(""), "");
  const std::string answer = server.Exchange("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nhello"));
}

TEST(ServerLimitsTest, AClientThatDoesNotReadIsDropped) {
  ServerOptions options;
  options.write_timeout = std::chrono::milliseconds(40);
  TestServer server(options);
  const std::string large(64 * 1024 * 1024, 'x');
  server.router.Add("GET", "/large", [&large](Request) { return AnswerText(large); });
  server.Start();
  RawSocket socket(server.port());
  socket.Send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  // Nothing is read; the gauge falls when the server has given up.
  Gauge& open = server.metrics.GetGauge("vedette_http_connections", "");
  const SteadyTime patience = Patience();
  while (Refused(server, "write_timeout") == 0 && server.clock.SteadyNow() < patience) {
    std::this_thread::yield();
  }
  EXPECT_EQ(Refused(server, "write_timeout"), 1U);
  EXPECT_LT(socket.ReadAll().size(), large.size());
  server.Stop();
  EXPECT_EQ(open.Value(), 0.0);
}

TEST(ServerLimitsTest, ConnectionsOverTheLimitAre503) {
  ServerOptions options;
  options.max_connections = 1;
  TestServer server(options);
  server.Start();
  RawSocket first(server.port());
  first.Send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(first.ReadUntil("hello"), HasSubstr("200"));
  const std::string answer = server.Exchange("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1"));
  EXPECT_EQ(Refused(server, "connections"), 1U);
}

}  // namespace
}  // namespace vedette::http
