// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "kit/http/client.h"
#include "kit/http/router.h"
#include "kit/http/server.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"
#include "kit/testing/log_capture.h"

namespace vedette::http {

// Long enough that only a hang reaches it.
inline SteadyTime Patience() { return SystemClock().SteadyNow() + std::chrono::seconds(20); }

// A blocking socket, for what a proper client would never send.
class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawSocket() { Close(); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  bool connected() const { return connected_; }

  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void FinishSending() { shutdown(fd_, SHUT_WR); }

  // All up to the end of the connection.
  std::string ReadAll() {
    while (ReadMore()) {
    }
    return std::exchange(input_, {});
  }
  // Up to and with `mark`; what came so far when the connection ends before it.
  std::string ReadUntil(std::string_view mark) {
    for (;;) {
      if (const auto at = input_.find(mark); at != std::string::npos) {
        std::string head = input_.substr(0, at + mark.size());
        input_.erase(0, at + mark.size());
        return head;
      }
      if (!ReadMore()) return std::exchange(input_, {});
    }
  }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  bool ReadMore() {
    char block[4096];
    const ssize_t n = recv(fd_, block, sizeof(block), 0);
    if (n <= 0) return false;
    input_.append(block, static_cast<std::size_t>(n));
    return true;
  }

  int fd_;
  bool connected_ = false;
  std::string input_;
};

inline Task<Response> AnswerText(std::string text) {
  Response response;
  response.headers.Add("Content-Type", "text/plain");
  response.body = std::move(text);
  co_return response;
}

// A server on a port of its own with an "/echo" route that answers the body, and "/hello".
class TestServer {
 public:
  explicit TestServer(ServerOptions server_options = {}) : options(std::move(server_options)) {
    options.port = 0;
    router.Add("POST", "/echo",
               [](Request request) { return AnswerText(std::move(request.body)); });
    router.Add("GET", "/hello", [](Request) { return AnswerText("hello"); });
  }
  ~TestServer() { Stop(); }

  void Start() {
    server = std::make_unique<Server>(options, router, runtime, Logger(log, clock, LogLevel::kInfo),
                                      metrics, clock);
    const Status started = server->Start();
    ASSERT_TRUE(started) << started.error().message;
  }
  void Stop(std::chrono::milliseconds drain = std::chrono::seconds(20)) {
    if (server) runtime.RunBlocking([&] { return server->Stop(drain); });
  }
  std::uint16_t port() const { return server->port(); }

  ClientResponse Fetch(ClientRequest request) {
    auto response = Await<Result<ClientResponse>>(runtime, [&] {
      return http::Fetch({"127.0.0.1", port()}, std::move(request), Patience());
    });
    EXPECT_TRUE(response) << response.error().message;
    return response ? *std::move(response) : ClientResponse{};
  }

  // The answers to `bytes` until the server closes the connection.
  std::string Exchange(std::string_view bytes) {
    RawSocket socket(port());
    EXPECT_TRUE(socket.Send(bytes));
    return socket.ReadAll();
  }

  ServerOptions options;
  SystemClock clock;
  Router router;
  std::shared_ptr<LogCapture> log = std::make_shared<LogCapture>();
  MetricsRegistry metrics;
  Runtime runtime{2};
  std::unique_ptr<Server> server;
};

// The value of a counter, 0 if it was never used; `labels` in the order they are given to it.
inline std::uint64_t CounterValue(MetricsRegistry& metrics,
                                  std::string_view name,
                                  MetricLabels labels) {
  return metrics.GetCounter(name, "", std::move(labels)).Value();
}

}  // namespace vedette::http
