// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "kit/redis/redis_test_support.h"
#include "kit/task/parallel.h"
#include "kit/testing/log_capture.h"
#include "kit/testing/tcp_gate.h"
#include "kit/testing/temp_dir.h"

namespace vedette::redis {
namespace {

using std::chrono::milliseconds;

class ClientTest : public testing::Test {
 protected:
  void SetUp() override { VEDETTE_NEEDS_REDIS(); }
};

TEST_F(ClientTest, EveryKindOfReply) {
  TestClient client(testkit::RedisUrl());
  EXPECT_EQ(client.Call("SET", {"kinds", std::string("a\0\r\n", 4)}), Text("OK"));
  EXPECT_EQ(client.Call("GET", {"kinds"}), Text(std::string("a\0\r\n", 4)));
  EXPECT_TRUE(client.Call("GET", {"kinds:none"})->IsNil());
  EXPECT_EQ(client.Call("INCRBY", {"kinds:n", "323427211229009810"}), Integer(323427211229009810));
  const auto list = client.Call("MGET", {"kinds:n", "kinds:none"});
  ASSERT_TRUE(list);
  EXPECT_EQ(*list, (Reply{.value = std::vector<Reply>{Text("323427211229009810"), Reply{}}}));
  client.Call("DEL", {"kinds", "kinds:n"});
}

Task<int> CallMany(Client* client, int index, int count) {
  int right = 0;
  for (int i = 0; i < count; ++i) {
    const std::string text = std::to_string(index) + ":" + std::to_string(i);
    const auto reply = co_await client->Call(Later(), "ECHO", {text});
    if (reply && *reply == Text(text)) ++right;
  }
  co_return right;
}

Task<int> CallManyAtOnce(Client* client) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 64; ++i) tasks.push_back(CallMany(client, i, 160));
  int right = 0;
  for (const int n : co_await WhenAll(std::move(tasks))) right += n;
  co_return right;
}

TEST_F(ClientTest, CallsOfManyCoroutinesShareTwoConnections) {
  testkit::RedisServer server;
  testkit::TcpGate gate(server.address());
  TestClient client("redis://" + gate.address());
  EXPECT_EQ(Await<int>(client.runtime, [&] { return CallManyAtOnce(client.client.get()); }),
            64 * 160);
  EXPECT_EQ(gate.accepted(), 2U);
  const auto states = client.client->Snapshot();
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(states[0].connected, 2);
  EXPECT_EQ(states[0].waiting, 0);
  EXPECT_NE(client.metrics.Expose().find(
                "vedette_redis_calls_total{command=\"ECHO\",outcome=\"ok\"} 10240"),
            std::string::npos);
}

TEST_F(ClientTest, RefusalOfTheServerNamesNoArgument) {
  TestClient client(testkit::RedisUrl());
  ASSERT_TRUE(client.Call("SET", {"refusal", "secret"}));
  const auto wrong = client.Call("LPUSH", {"refusal", "secret"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error(), (Error{Code::kFailedPrecondition, "WRONGTYPE"}));
  const auto unknown = client.Call("NOSUCHCOMMAND", {"secret"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error(), (Error{Code::kFailedPrecondition, "ERR"}));
  client.Call("DEL", {"refusal"});
}

TEST_F(ClientTest, ScriptIsLoadedWhenRedisDoesNotKnowIt) {
  testkit::RedisServer server;
  TestClient client(server.url());
  const Script script("return {KEYS[1], ARGV[1]}");
  const Reply expected{.value = std::vector<Reply>{Text("k"), Text("v")}};
  EXPECT_EQ(client.Run(script, {"k"}, {"v"}), expected);
  EXPECT_EQ(client.Run(script, {"k"}, {"v"}), expected);
  ASSERT_TRUE(client.Call("SCRIPT", {"FLUSH"}));
  EXPECT_EQ(client.Run(script, {"k"}, {"v"}), expected);
  const std::string page = client.metrics.Expose();
  EXPECT_NE(page.find("{command=\"EVAL\",outcome=\"ok\"} 2"), std::string::npos);
  EXPECT_NE(page.find("{command=\"EVALSHA\",outcome=\"ok\"} 3"), std::string::npos);
}

TEST_F(ClientTest, DatabaseOfTheUrlIsSelected) {
  testkit::RedisServer server;
  TestClient other(server.url() + "/5");
  ASSERT_TRUE(other.Call("SET", {"k", "five"}));
  TestClient client(server.url());
  EXPECT_TRUE(client.Call("GET", {"k"})->IsNil());
  EXPECT_EQ(other.Call("GET", {"k"}), Text("five"));
}

TEST_F(ClientTest, UnixSocketServes) {
  testkit::TempDir folder;
  const std::string path = folder.path() / "redis.sock";
  testkit::RedisServer server({"--unixsocket", path});
  TestClient client("redis+unix://" + path + "?database=2");
  EXPECT_EQ(client.Call("SET", {"k", "v"}), Text("OK"));
  EXPECT_EQ(client.Call("CLIENT GETNAME"), Text("vedette"));
}

TEST_F(ClientTest, LogsInAndNeverTellsThePassword) {
  testkit::RedisServer server(
      {"--requirepass", "open-sesame", "--user", "trial", "on", ">sesame-two", "~*", "+@all"});
  RedisOptions options{.url = server.url()};
  options.password = Sensitive<std::string>("open-sesame");
  EXPECT_TRUE(TestClient(options).Works());
  options.url = "redis://trial@" + server.address();
  options.password = Sensitive<std::string>("sesame-two");
  EXPECT_TRUE(TestClient(options).Works());

  auto log = std::make_shared<LogCapture>();
  const SystemClock clock;
  options.password = Sensitive<std::string>("sesame-three");
  TestClient wrong(options, Logger(log, clock, LogLevel::kDebug));
  const auto refused = wrong.Call("PING");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_EQ(refused.error().message, "Redis refuses the login.");
  EXPECT_FALSE(wrong.client->IsConnected());
  EXPECT_FALSE(log->Contains("sesame"));
  EXPECT_TRUE(log->HasMessage("Redis is away"));
}

TEST_F(ClientTest, ClosingIsNoLossOfTheConnection) {
  auto capture = std::make_shared<LogCapture>();
  const SystemClock clock;
  TestClient client({.url = testkit::RedisUrl()}, Logger(capture, clock, LogLevel::kDebug));
  ASSERT_TRUE(Eventually([&] { return client.client->Snapshot()[0].connected == 2; }));
  client.runtime.RunBlocking([&] { return client.client->Close(); });
  EXPECT_EQ(client.client->Snapshot()[0].connected, 0);
  EXPECT_EQ(client.client->Snapshot()[0].reconnects, 0U);
  EXPECT_EQ(capture->Count(LogLevel::kWarning), 0U);
  EXPECT_EQ(client.Call("PING").error().code, Code::kUnavailable);
}

TEST_F(ClientTest, SpanIsAChildAndNamesOnlyTheCommand) {
  TestClient client(testkit::RedisUrl());
  const TraceContext parent = TraceContext{}.Child();
  ASSERT_TRUE(client.Call("GET", {"subject-0815"}, Later().Within(parent)));
  const auto spans = client.tracer.entries();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].name, "GET");
  EXPECT_EQ(spans[0].kind, SpanKind::kClient);
  EXPECT_EQ(spans[0].context.trace_id, parent.trace_id);
  EXPECT_EQ(spans[0].parent_span_id, parent.span_id);
  EXPECT_EQ(spans[0].Text("db.system.name"), "redis");
  EXPECT_EQ(spans[0].attributes.size(), 1U);
}

TEST_F(ClientTest, PassedDeadlineIsNotSent) {
  TestClient client(testkit::RedisUrl());
  ASSERT_TRUE(client.Call("SET", {"late", "0"}));
  const auto late = client.Call("INCR", {"late"}, In(milliseconds(0)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(client.Call("GET", {"late"}), Text("0"));
  client.Call("DEL", {"late"});
}

TEST_F(ClientTest, OptionsThatCannotBeRightAreRefused) {
  Runtime runtime(1);
  MetricsRegistry metrics;
  NullTracer tracer;
  SystemClock clock;
  SeededRandom random(1);
  const auto make = [&](const RedisOptions& options) {
    return MakeClient(options, runtime, {Logger(), metrics, tracer, clock, random}).has_value();
  };
  EXPECT_FALSE(make({.url = "mysql://host"}));
  EXPECT_FALSE(make({.url = "rediss://host", .ca_file = "/no/such/file"}));
  EXPECT_FALSE(make({.url = "rediss://host", .key_file = "/no/such/file"}));
}

}  // namespace
}  // namespace vedette::redis
