// SPDX-License-Identifier: Apache-2.0
// What decides before a request is read, and what it is told of the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/http/gated_server.h"
#include "kit/http/gzip.h"

namespace vedette::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(ServerGateTest, RefusesBeforeTheBodyIsRead) {
  GatedServer server;
  server.Start();
  RawSocket socket(server.port());
  // The body is announced and never sent: an answer shows that nobody waited for it.
  ASSERT_TRUE(
      socket.Send("POST /gated HTTP/1.1\r\nHost: h\r\nX-Refuse: 1\r\n"
                  "Content-Length: 900000\r\n\r\n"));
  const std::string answer = socket.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 2\r\n"));
  EXPECT_THAT(answer, HasSubstr(R"("detail":"Not now.")"));
  EXPECT_THAT(server.ends.statuses(), ElementsAre());
}

TEST(ServerGateTest, ARefusalOfASmallBodyKeepsTheConnection) {
  GatedServer server;
  server.Start();
  const std::string answers = server.Exchange(
      "POST /gated HTTP/1.1\r\nHost: h\r\nX-Refuse: 1\r\nContent-Length: 5\r\n\r\nhello"
      "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answers, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answers, HasSubstr("\r\n\r\nhello"));
}

TEST(ServerGateTest, APassageIsToldTheFinalStatus) {
  GatedServer server;
  server.Start();
  EXPECT_EQ(server.Fetch({.method = "POST", .target = "/gated", .body = "x"}).status, 200);
  EXPECT_EQ(server.Fetch({.target = "/throws"}).status, 500);
  // 413 by Content-Length, by what is streamed, and by what is inflated; 400 for no gzip at all.
  EXPECT_EQ(
      server.Fetch({.method = "POST", .target = "/gated", .body = std::string(1001, 'x')}).status,
      413);
  EXPECT_THAT(server.Exchange("POST /gated HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                              "Connection: close\r\n\r\n3e9\r\n" +
                              std::string(1001, 'x') + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  const std::string bomb = GzipDeflater(6).Compress(std::string(100'000, 'x'));
  ClientRequest inflated{.method = "POST", .target = "/gated", .body = bomb};
  inflated.headers.Set("Content-Encoding", "gzip");
  ASSERT_LT(bomb.size(), 1000U);
  EXPECT_EQ(server.Fetch(inflated).status, 413);
  inflated.body = "no gzip";
  EXPECT_EQ(server.Fetch(inflated).status, 400);
  EXPECT_THAT(server.AwaitEnds(6), ElementsAre(200, 500, 413, 413, 413, 400));
}

TEST(ServerGateTest, AStreamsPassageEndsWithTheStream) {
  GatedServer server;
  Signal written;
  server.Add("GET", "/events", [&](Request) -> Task<Response> {
    co_return EventStreamResponse([&](ResponseStream& out) -> Task<void> {
      co_await out.Write("data: 1\n\n");
      written.Set();
      co_await server.release.Wait();
    });
  });
  server.Start();
  RawSocket socket(server.port());
  ASSERT_TRUE(socket.Send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_THAT(socket.ReadUntil("data: 1\n\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(server.ends.statuses(), ElementsAre());
  server.release.Set();
  socket.ReadAll();
  EXPECT_THAT(server.AwaitEnds(1), ElementsAre(200));
}

}  // namespace
}  // namespace vedette::http
