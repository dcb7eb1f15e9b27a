// SPDX-License-Identifier: Apache-2.0
// The server and the network fail; the program stays.
#include <gtest/gtest.h>

#include <algorithm>

#include "kit/redis/redis_test_support.h"
#include "kit/task/parallel.h"
#include "kit/task/sleep.h"
#include "kit/task/task_group.h"
#include "kit/testing/tcp_gate.h"

namespace vedette::redis {
namespace {

using std::chrono::milliseconds;

class ClientOutageTest : public testing::Test {
 protected:
  void SetUp() override { VEDETTE_NEEDS_REDIS(); }

  // Never minds silence, and says nothing unasked.
  static RedisOptions Patient(const std::string& address) {
    RedisOptions options{.url = "redis://" + address};
    options.silence_timeout = std::chrono::seconds(60);
    options.ping_interval = std::chrono::seconds(60);
    return options;
  }
  // Notices silence soon.
  static RedisOptions Quick(const std::string& address) {
    RedisOptions options{.url = "redis://" + address};
    options.connect_timeout = milliseconds(300);
    options.silence_timeout = milliseconds(200);
    options.ping_interval = milliseconds(100);
    return options;
  }
};

TEST_F(ClientOutageTest, AbsentServerIsUnavailableAtOnceAndUsedWhenItComes) {
  testkit::RedisServer server;
  server.Stop();
  TestClient client(server.url());
  const auto absent = client.Call("PING");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Code::kUnavailable);
  EXPECT_TRUE(absent.error().retry_after.has_value());
  EXPECT_FALSE(client.client->IsConnected());
  server.Start();
  EXPECT_TRUE(Eventually([&] { return client.Works(); }));
}

// Go-zero would go on refusing for up to ten seconds: its breaker counts lost connections.
TEST_F(ClientOutageTest, RestartedServerIsUsedAgainWithoutRefusals) {
  testkit::RedisServer server;
  TestClient client(server.url());
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(Eventually([&] { return client.client->Snapshot()[0].connected == 2; }));
    EXPECT_TRUE(client.Works());
    server.Stop();
    for (int i = 0; i < 100; ++i) {
      const auto reply = client.Call("PING");
      ASSERT_FALSE(reply);
      ASSERT_EQ(reply.error().code, Code::kUnavailable);
    }
    server.Start();
  }
  ASSERT_TRUE(Eventually([&] { return client.client->IsConnected(); }));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(client.Works());
  EXPECT_GE(client.client->Snapshot()[0].reconnects, 6U);
}

Task<Result<Reply>> Ask(Client* client, Deadline deadline) {
  co_return co_await client->Call(deadline, "PING", {});
}

TEST_F(ClientOutageTest, CutConnectionFailsWhatWasSentAndIsMadeAnew) {
  testkit::RedisServer server;
  testkit::TcpGate gate(server.address());
  TestClient client(Patient(gate.address()));
  ASSERT_TRUE(client.Works());
  gate.Hang();
  std::thread cutter([&] {
    Eventually([&] { return client.client->Snapshot()[0].waiting > 0; });
    gate.Cut();
  });
  const auto lost = client.Call("PING");
  cutter.join();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Code::kUnavailable);
  gate.Open();
  EXPECT_TRUE(Eventually([&] { return client.Works(); }));
}

TEST_F(ClientOutageTest, DeadlineOfOneCallLeavesTheOthersTheirAnswers) {
  testkit::RedisServer server;
  testkit::TcpGate gate(server.address());
  RedisOptions options = Patient(gate.address());
  options.connections = 1;
  TestClient client(options);
  ASSERT_EQ(client.Call("SET", {"n", "0"}), Text("OK"));
  gate.Hang();
  const auto late = client.Call("INCR", {"n"}, In(milliseconds(20)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::kDeadlineExceeded);
  gate.Open();
  EXPECT_EQ(client.Call("ECHO", {"mine"}), Text("mine"));
  EXPECT_EQ(client.Call("GET", {"n"}), Text("1")) << "executed, and its answer dropped";
  EXPECT_EQ(gate.accepted(), 1U) << "on the same connection";
}

TEST_F(ClientOutageTest, SilentConnectionIsReplaced) {
  testkit::RedisServer server;
  testkit::TcpGate gate(server.address());
  TestClient client(Quick(gate.address()));
  ASSERT_TRUE(client.Works());
  gate.Hang();
  EXPECT_TRUE(Eventually([&] { return !client.client->IsConnected(); }));
  const auto reply = client.Call("PING");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::kUnavailable);
  gate.Open();
  EXPECT_TRUE(Eventually([&] { return client.Works(); }));
}

TEST_F(ClientOutageTest, FrozenServerIsNoticedWhileIdle) {
  testkit::RedisServer server;
  TestClient client(Quick(server.address()));
  ASSERT_TRUE(client.Works());
  server.Freeze();
  EXPECT_TRUE(Eventually([&] { return !client.client->IsConnected(); }));
  server.Thaw();
  EXPECT_TRUE(Eventually([&] { return client.Works(); }));
}

TEST_F(ClientOutageTest, SlowNetworkOnlyMakesItSlow) {
  testkit::RedisServer server;
  testkit::TcpGate gate(server.address());
  TestClient client(Quick(gate.address()));
  gate.Delay(milliseconds(20));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(client.Works());
  EXPECT_EQ(client.client->Snapshot()[0].reconnects, 0U);
}

// A server that answers too late is a failure, so its breaker opens; and closes by itself.
TEST_F(ClientOutageTest, BreakerOpensOnTimeoutsAndClosesAgain) {
  testkit::RedisServer server;
  testkit::TcpGate gate(server.address());
  RedisOptions options = Patient(gate.address());
  options.breaker.window = milliseconds(1000);
  options.breaker.protection = 2;
  TestClient client(options);
  ASSERT_TRUE(client.Works());
  gate.Hang();
  EXPECT_TRUE(Eventually([&] {
    (void)client.Call("PING", {}, In(milliseconds(60)));
    return client.client->Snapshot()[0].refusal_probability > 0;
  }));
  gate.Open();
  EXPECT_TRUE(Eventually(
      [&] { return client.Works() && client.client->Snapshot()[0].refusal_probability == 0; }));
}

Task<std::vector<Code>> AskMany(Client* client, int count) {
  std::vector<Task<Result<Reply>>> tasks;
  for (int i = 0; i < count; ++i) tasks.push_back(Ask(client, In(milliseconds(300))));
  std::vector<Code> codes;
  for (const auto& reply : co_await WhenAll(std::move(tasks))) {
    if (!reply) codes.push_back(reply.error().code);
  }
  co_return codes;
}

TEST_F(ClientOutageTest, FullQueueRefuses) {
  testkit::RedisServer server;
  testkit::TcpGate gate(server.address());
  RedisOptions options = Patient(gate.address());
  options.connections = 1;
  options.queue_limit = 10;
  TestClient client(options);
  ASSERT_TRUE(client.Works());
  gate.Hang();
  const auto codes =
      Await<std::vector<Code>>(client.runtime, [&] { return AskMany(client.client.get(), 25); });
  EXPECT_EQ(std::ranges::count(codes, Code::kDeadlineExceeded), 10);
  EXPECT_EQ(std::ranges::count(codes, Code::kResourceExhausted), 15);
  gate.Open();
  EXPECT_TRUE(Eventually([&] { return client.Works(); }));
}

TEST_F(ClientOutageTest, CancelledCallEndsAndTheBreakerDoesNotCountIt) {
  testkit::RedisServer server;
  testkit::TcpGate gate(server.address());
  // One, which is up: a second might still be connecting, and drop what it holds.
  RedisOptions options = Patient(gate.address());
  options.connections = 1;
  TestClient client(options);
  ASSERT_TRUE(client.Works());
  gate.Hang();
  for (int i = 0; i < 20; ++i) {
    TaskGroup tasks{Logger()};
    tasks.Spawn(client.runtime.At(0), "call",
                [&]() -> Task<void> { (void)co_await client.client->Call(Later(), "PING", {}); });
    ASSERT_TRUE(Eventually([&] { return client.client->Snapshot()[0].waiting > i; }));
    tasks.Cancel();
    client.runtime.RunBlocking([&] { return tasks.Join(); });
  }
  EXPECT_EQ(client.client->Snapshot()[0].refusal_probability, 0);
  gate.Open();
  EXPECT_TRUE(client.Works());
}

TEST_F(ClientOutageTest, CloseEndsWhatWaitsAndRefusesTheRest) {
  testkit::RedisServer server;
  testkit::TcpGate gate(server.address());
  TestClient client(Patient(gate.address()));
  ASSERT_TRUE(client.Works());
  gate.Hang();
  std::thread closer([&] {
    Eventually([&] { return client.client->Snapshot()[0].waiting > 0; });
    client.runtime.RunBlocking([&] { return client.client->Close(); });
  });
  const auto waiting = client.Call("PING");
  closer.join();
  ASSERT_FALSE(waiting);
  EXPECT_EQ(waiting.error().code, Code::kUnavailable);
  const auto refused = client.Call("PING");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace vedette::redis
