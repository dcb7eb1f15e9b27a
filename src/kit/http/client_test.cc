// SPDX-License-Identifier: Apache-2.0
#include "kit/http/client.h"

#include <gtest/gtest.h>

#include "kit/http/test_server.h"
#include "kit/task/signal.h"

namespace vedette::http {
namespace {

TEST(ParseUrlTest, SplitsWhatItKnows) {
  const auto full = ParseUrl("http://localhost:8080/a/b?c=d");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->endpoint.host, "localhost");
  EXPECT_EQ(full->endpoint.port, 8080);
  EXPECT_EQ(full->target, "/a/b?c=d");
  EXPECT_EQ(ParseUrl("http://h")->target, "/");
  EXPECT_EQ(ParseUrl("http://h?x")->target, "/?x");
  EXPECT_EQ(ParseUrl("http://[::1]:99/")->endpoint.host, "::1");
  for (const char* bad : {"https://h/", "h", "http://", "http://h:70000/", "http://u:p@h/"}) {
    EXPECT_FALSE(ParseUrl(bad)) << bad;
  }
}

Task<Result<int>> TwoOnOneConnection(Endpoint endpoint) {
  VEDETTE_CO_TRY(auto connection, co_await ClientConnection::Connect(endpoint, Patience()));
  int good = 0;
  for (int i = 0; i < 2; ++i) {
    VEDETTE_CO_TRY(auto response, co_await connection.Fetch({.target = "/hello"}, Patience()));
    if (response.body == "hello" && connection.reusable()) ++good;
  }
  co_return good;
}

TEST(ClientTest, KeepsTheConnection) {
  TestServer server;
  server.Start();
  const auto good = Await<Result<int>>(
      server.runtime, [&] { return TwoOnOneConnection({"127.0.0.1", server.port()}); });
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(*good, 2);
}

Task<Response> Never(Signal signal) {
  co_await signal.Wait();
  co_return Response();
}

TEST(ClientTest, GivesUpAtTheDeadline) {
  TestServer server;
  const Signal signal;
  server.router.Add("GET", "/never", [signal](Request) { return Never(signal); });
  server.Start();
  const auto response = Await<Result<ClientResponse>>(server.runtime, [&] {
    return Fetch({"127.0.0.1", server.port()}, {.target = "/never"},
                 server.clock.SteadyNow() + std::chrono::milliseconds(30));
  });
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kDeadlineExceeded);
  signal.Set();
}

TEST(ClientTest, NoServerIsUnavailable) {
  TestServer server;
  server.Start();
  const std::uint16_t port = server.port();
  server.Stop();
  const auto response = Await<Result<ClientResponse>>(
      server.runtime, [&] { return Fetch({"127.0.0.1", port}, {}, Patience()); });
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace vedette::http
