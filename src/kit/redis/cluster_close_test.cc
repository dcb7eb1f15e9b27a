// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

#include "kit/redis/redis_test_support.h"
#include "kit/redis/slot.h"
#include "kit/task/spawn.h"

namespace vedette::redis {
namespace {

// Answers logins and CLUSTER SLOTS, and nothing else.
class FakeMember {
 public:
  FakeMember() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, any, size) != 0 || listen(listener_, 16) != 0 ||
        getsockname(listener_, any, &size) != 0) {
      throw std::runtime_error("no port");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](std::stop_token stop) { Serve(std::move(stop)); });
  }

  std::uint16_t port() const { return port_; }

  // The masters, each with its equal part of the slots.
  void SetMasters(const std::vector<int>& ports) {
    std::string slots = "*" + std::to_string(ports.size()) + "\r\n";
    for (std::size_t i = 0; i < ports.size(); ++i) {
      slots += "*3\r\n:" + std::to_string(kSlotCount * i / ports.size()) +
               "\r\n:" + std::to_string(kSlotCount * (i + 1) / ports.size() - 1) +
               "\r\n*2\r\n$9\r\n127.0.0.1\r\n:" + std::to_string(ports[i]) + "\r\n";
    }
    const std::scoped_lock lock(mutex_);
    slots_ = std::move(slots);
  }

 private:
  void Serve(std::stop_token stop) {
    std::vector<pollfd> sockets{{listener_, POLLIN, 0}};
    while (!stop.stop_requested()) {
      poll(sockets.data(), sockets.size(), 5);
      if (sockets[0].revents != 0)
        sockets.push_back({accept(listener_, nullptr, nullptr), POLLIN, 0});
      for (std::size_t i = 1; i < sockets.size(); ++i) {
        if (sockets[i].revents != 0 && !Answer(sockets[i].fd)) {
          close(sockets[i].fd);
          sockets[i].fd = -1;
        }
      }
    }
    for (const pollfd& socket : sockets) close(socket.fd);
  }

  bool Answer(int socket) {
    std::array<char, 4096> buffer{};
    const ssize_t size = recv(socket, buffer.data(), buffer.size(), 0);
    if (size <= 0) return false;
    const std::string_view asked(buffer.data(), static_cast<std::size_t>(size));
    std::string answer;
    if (asked.contains("SETNAME")) answer += "+OK\r\n";
    if (asked.contains("PING")) answer += "+PONG\r\n";
    const std::scoped_lock lock(mutex_);
    if (asked.contains("SLOTS")) answer += slots_;
    send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
    return true;
  }

  const int listener_ = socket(AF_INET, SOCK_STREAM, 0);
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::string slots_;
  std::jthread thread_;
};

// Lets what was posted to the executor before run.
void TakeTurns(const Executor& executor) {
  for (int i = 0; i < 20; ++i) {
    std::latch turn(1);
    Post(executor, [&] { turn.count_down(); });
    turn.wait();
  }
}

// Two servers leave the cluster; while the first of them is being closed, all is.
TEST(ClusterCloseTest, ServersThatLeftAreClosedAlsoWhenTheClientIs) {
  constexpr int kFirst = 1;  // ports where nobody listens
  constexpr int kSecond = 2;
  FakeMember member;
  member.SetMasters({kFirst, kSecond, member.port()});
  RedisOptions options{.url = "redis-cluster://127.0.0.1:" + std::to_string(member.port())};
  options.connections = 1;
  TestClient client(options);
  Client* const cluster = client.client.get();
  ASSERT_TRUE(Eventually([&] { return cluster->Snapshot().size() == 3; }));
  std::string key = "a";
  while (SlotOf(key) >= kSlotCount / 3) key += "a";
  ASSERT_TRUE(
      Eventually([&] { return client.Call("GET", {key}).error().retry_after.has_value(); }));

  // The map is kept by the first thread, the first server by the second, which stands still.
  std::latch standing(1);
  std::latch release(1);
  Post(client.runtime.At(1), [&] {
    standing.count_down();
    release.wait();
  });
  standing.wait();
  member.SetMasters({member.port()});
  ASSERT_TRUE(Eventually([&] {
    std::latch asked(1);
    Spawn(
        client.runtime.At(0),
        [&]() -> Task<void> {
          static_cast<void>(
              co_await cluster->Call(In(std::chrono::milliseconds(20)), "GET", {key}));
        },
        [&](std::exception_ptr) { asked.count_down(); });
    asked.wait();
    return cluster->Snapshot().size() == 1;
  }));
  std::latch closed(1);
  Spawn(
      client.runtime.At(0), [&] { return cluster->Close(); },
      [&](std::exception_ptr) { closed.count_down(); });
  TakeTurns(client.runtime.At(0));
  EXPECT_FALSE(closed.try_wait());
  release.count_down();
  closed.wait();
  EXPECT_TRUE(cluster->Snapshot().empty());
}

}  // namespace
}  // namespace vedette::redis
