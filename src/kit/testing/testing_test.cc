// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>

#include "kit/testing/redis.h"
#include "kit/testing/server_process.h"
#include "kit/testing/tcp_gate.h"

namespace vedette::testkit {
namespace {

using std::chrono::milliseconds;

// A blocking connection that speaks Redis' inline commands.
class Line {
 public:
  explicit Line(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Line() { ::close(socket_); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  bool connected() const { return connected_; }
  void Send(std::string_view text) {
    (void)!::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  // What comes within the time; empty when nothing does or the connection is closed.
  std::string Read(milliseconds patience = milliseconds(10'000)) {
    pollfd descriptor{socket_, POLLIN, 0};
    if (::poll(&descriptor, 1, static_cast<int>(patience.count())) <= 0) return "";
    char bytes[256];
    const ssize_t n = ::recv(socket_, bytes, sizeof(bytes), 0);
    return n > 0 ? std::string(bytes, static_cast<std::size_t>(n)) : "";
  }
  std::string Ask(std::string_view text) {
    Send(text);
    return Read();
  }

 private:
  const int socket_;
  bool connected_ = false;
};

class TestingTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!RedisServer::IsInstalled()) GTEST_SKIP() << "redis-server is not installed";
  }
};

TEST_F(TestingTest, ServerStopsAndStartsOnTheSamePort) {
  RedisServer server;
  const int port = server.port();
  EXPECT_EQ(Line(port).Ask("SET a 1\r\n"), "+OK\r\n");
  server.Stop();
  EXPECT_FALSE(Line(port).connected());
  server.Start();
  EXPECT_EQ(server.port(), port);
  EXPECT_EQ(Line(port).Ask("GET a\r\n"), "$-1\r\n");
}

TEST_F(TestingTest, FrozenServerAnswersOnceItThaws) {
  RedisServer server;
  Line line(server.port());
  ASSERT_EQ(line.Ask("PING\r\n"), "+PONG\r\n");
  server.Freeze();
  line.Send("PING\r\n");
  EXPECT_EQ(line.Read(milliseconds(20)), "");
  server.Thaw();
  EXPECT_EQ(line.Read(), "+PONG\r\n");
}

TEST_F(TestingTest, ProgramThatEndsAtOnceIsReported) {
  EXPECT_THROW(RedisServer({"--no-such-option", "1"}), std::runtime_error);
}

TEST_F(TestingTest, GateCutsAndOpens) {
  RedisServer server;
  TcpGate gate(server.address());
  Line line(gate.port());
  ASSERT_EQ(line.Ask("PING\r\n"), "+PONG\r\n");
  EXPECT_EQ(gate.connections(), 1U);
  gate.Cut();
  EXPECT_EQ(gate.connections(), 0U);
  EXPECT_EQ(line.Ask("PING\r\n"), "");
  EXPECT_FALSE(Line(gate.port()).connected());
  gate.Open();
  EXPECT_EQ(Line(gate.port()).Ask("PING\r\n"), "+PONG\r\n");
  EXPECT_EQ(gate.accepted(), 2U);
}

TEST_F(TestingTest, GateHangsAndPassesLaterWhatItHeld) {
  RedisServer server;
  TcpGate gate(server.address());
  Line line(gate.port());
  ASSERT_EQ(line.Ask("PING\r\n"), "+PONG\r\n");
  gate.Hang();
  line.Send("PING\r\n");
  EXPECT_EQ(line.Read(milliseconds(20)), "");
  EXPECT_TRUE(Line(gate.port()).connected());
  gate.Open();
  EXPECT_EQ(line.Read(), "+PONG\r\n");
}

TEST_F(TestingTest, GateStrandsTheConnectionsThereAre) {
  RedisServer server;
  TcpGate gate(server.address());
  Line line(gate.port());
  ASSERT_EQ(line.Ask("PING\r\n"), "+PONG\r\n");
  gate.Strand();
  gate.Open();
  line.Send("PING\r\n");
  EXPECT_EQ(Line(gate.port()).Ask("PING\r\n"), "+PONG\r\n");
  EXPECT_EQ(line.Read(milliseconds(20)), "");
}

TEST_F(TestingTest, GateDelaysEachDirection) {
  RedisServer server;
  TcpGate gate(server.address());
  Line line(gate.port());
  ASSERT_EQ(line.Ask("PING\r\n"), "+PONG\r\n");
  gate.Delay(milliseconds(30));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(line.Ask("PING\r\n"), "+PONG\r\n");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(60));
}

}  // namespace
}  // namespace vedette::testkit
