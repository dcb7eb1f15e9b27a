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

// Answers one connection with fixed bytes and keeps it open.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::string answer)
      : listener_(socket(AF_INET, SOCK_STREAM, 0)), answer_(std::move(answer)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~ScriptedServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::uint16_t port() const { return port_; }

 private:
  void Serve() const {
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    char block[4096];
    bool answered = false;
    while (recv(client, block, sizeof(block), 0) > 0) {
      if (!std::exchange(answered, true))
        send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    }
    close(client);
  }

  const int listener_;
  const std::string answer_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST(ClientTest, AnInterimAnswerToHeadIsFollowedByAHeadAlone) {
  Runtime runtime{1};
  const ScriptedServer server(
      "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  const auto response = Await<Result<ClientResponse>>(
      runtime, [&] { return Fetch({"127.0.0.1", server.port()}, {.method = "HEAD"}, Patience()); });
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "");
}

TEST(ClientTest, WhatWouldBeASecondRequestIsNotSent) {
  TestServer server;
  server.Start();
  for (ClientRequest request :
       {ClientRequest{.target = "/hello HTTP/1.1\r\nHost: h\r\n\r\nGET /hello"},
        ClientRequest{.target = "/a b"}, ClientRequest{.target = ""},
        ClientRequest{.method = "GET /hello"}}) {
    const auto response = Await<Result<ClientResponse>>(
        server.runtime, [&] { return Fetch({"127.0.0.1", server.port()}, request, Patience()); });
    ASSERT_FALSE(response) << request.target;
    EXPECT_EQ(response.error().code, Code::kInvalidArgument);
  }
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
