// SPDX-License-Identifier: Apache-2.0
//
// What the channel does when one of several instances is ill. Real servers on loopback; outcomes
// and calls are counted, nothing is timed.
#include "kit/rpc/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "kit/rpc/testing/channel_calls.h"
#include "kit/task/spawn.h"

namespace vedette::rpc::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::SizeIs;

TEST(ChannelTest, KilledInstanceCostsNoIdempotentCall) {
  Replicas replicas(2);
  const auto channel = replicas.Connect();
  ASSERT_TRUE(replicas.Ready(*channel));
  std::atomic<int> failures = -1;
  Signal ended;
  Spawn(
      replicas.runtime.Next(),
      [&]() -> Task<void> { failures = co_await Lanes(*channel, kPing, 8, 250); },
      [&](std::exception_ptr) { ended.Set(); });
  ASSERT_TRUE(replicas.Until([&] { return replicas[0].started > 50; }));
  replicas.replicas[0]->Kill();
  ASSERT_TRUE(replicas.Until([&] { return ended.IsSet(); }));
  EXPECT_EQ(failures, 0);
}

TEST(ChannelTest, KilledInstanceCostsNoCallOfAnyKindAfterwards) {
  Replicas replicas(2);
  const auto channel = replicas.Connect();
  ASSERT_TRUE(replicas.Ready(*channel));
  ASSERT_TRUE(replicas.KillNoticed(0, *channel));
  EXPECT_EQ(Failures(replicas, *channel, NotIdempotent(), 200), 0);
}

TEST(ChannelTest, AbsentInstanceIsTriedButCostsNoCallOfAnyKind) {
  Replicas replicas(2);
  ChannelOptions options;
  options.addresses = {replicas.replicas[0]->address, replicas.replicas[1]->address};
  replicas.replicas[0]->Kill();
  const auto channel = replicas.Connect(options);
  EXPECT_EQ(Failures(replicas, *channel, NotIdempotent(), 50), 0);
  EXPECT_EQ(replicas[1].started, 50);
}

TEST(ChannelTest, FrozenInstanceIsLeftOutAndCostsNoIdempotentCall) {
  Replicas replicas(2);
  ChannelOptions options;
  options.retry.attempt_timeout = milliseconds(200);
  options.ejection.first_time = seconds(60);
  const auto channel = replicas.Connect(options);
  ASSERT_TRUE(replicas.Ready(*channel));
  ASSERT_EQ(Failures(replicas, *channel, kPing, 50), 0);
  replicas[0].mood = Mood::kFrozen;
  const int before = replicas[0].started;
  const auto ejected = [&] {
    int count = 0;
    for (const auto& instance : channel->Snapshot().instances) count += instance.ejected ? 1 : 0;
    return count == 1;
  };
  int calls = 0;
  while (!ejected() && calls < 20'000) {
    ASSERT_EQ(Failures(replicas, *channel, kPing, 20), 0);
    calls += 20;
  }
  ASSERT_TRUE(ejected());
  EXPECT_LE(replicas[0].started - before, 10);
  EXPECT_EQ(Failures(replicas, *channel, kPing, 200), 0);
  EXPECT_LE(replicas[0].started - before, 10);
  // What it held was cancelled.
  EXPECT_TRUE(
      replicas.Until([&] { return replicas[0].cancelled == replicas[0].started - before; }));
}

TEST(ChannelTest, InstanceThatFailsFastGetsLessThanATwentieth) {
  Replicas replicas(2);
  const auto channel = replicas.Connect();
  ASSERT_TRUE(replicas.Ready(*channel));
  replicas[0].mood = Mood::kFailing;
  EXPECT_EQ(Await<int>(replicas.runtime, [&] { return Lanes(*channel, kPing, 8, 250); }), 0);
  EXPECT_LT(replicas[0].started, 100);
  EXPECT_GE(replicas[1].started, 1900);
}

TEST(ChannelTest, SlowInstanceGetsLess) {
  Replicas replicas(2);
  const auto channel = replicas.Connect();
  ASSERT_TRUE(replicas.Ready(*channel));
  replicas[0].mood = Mood::kSlow;
  EXPECT_EQ(Await<int>(replicas.runtime, [&] { return Lanes(*channel, kPing, 4, 100); }), 0);
  EXPECT_LT(replicas[0].started, 200);
}

TEST(ChannelTest, BreakerKeepsCallsFromWhatFails) {
  Replicas replicas(1);
  const auto channel = replicas.Connect();
  replicas[0].mood = Mood::kFailing;
  const MethodInfo info = NotIdempotent();
  EXPECT_EQ(Failures(replicas, *channel, info, 300), 300);
  EXPECT_LT(replicas[0].started, 200);
  const ChannelState state = channel->Snapshot();
  ASSERT_THAT(state.instances, SizeIs(1));
  ASSERT_THAT(state.instances[0].methods, SizeIs(1));
  EXPECT_EQ(state.instances[0].methods[0].label, "echo.Ping");
  EXPECT_EQ(state.instances[0].methods[0].breaker.failed, replicas[0].started);
  EXPECT_GT(state.instances[0].methods[0].breaker.refused, 0);
}

TEST(ChannelTest, OneKeyGoesToOneInstance) {
  Replicas replicas(3);
  const auto channel = replicas.Connect();
  ASSERT_TRUE(replicas.Ready(*channel));
  MethodInfo info = Echo();
  info.affinity_field = "text";
  std::set<std::size_t> used;
  for (int key = 10; key < 40; ++key) {
    const std::vector<int> before = {replicas[0].started, replicas[1].started, replicas[2].started};
    for (int i = 0; i < 3; ++i) {
      const Status called = Await<Status>(replicas.runtime, [&]() -> Task<Status> {
        v1::EchoRequest request;
        request.set_study_id("S1");
        request.set_age(41);
        request.set_text(std::to_string(key));
        v1::EchoResponse response;
        co_return co_await channel->Call(info, ContextOf("central"), request, response);
      });
      ASSERT_TRUE(called) << called.error().message;
    }
    for (std::size_t i = 0; i < 3; ++i) {
      const int got = replicas[i].started - before[i];
      EXPECT_TRUE(got == 0 || got == 3);
      if (got == 3) used.insert(i);
    }
  }
  EXPECT_THAT(used, SizeIs(3));
}

class FakeResolver final : public discovery::Resolver {
 public:
  class Ended final : public discovery::Subscription {};

  discovery::Instances Current() const override { return {}; }
  std::unique_ptr<discovery::Subscription> Subscribe(
      std::function<void(const discovery::Instances&)> told) override {
    changed = std::move(told);
    return std::make_unique<Ended>();
  }

  std::function<void(const discovery::Instances&)> changed;
};

TEST(ChannelTest, InstancesComeAndGo) {
  Replicas replicas(2);
  const auto resolver = std::make_shared<FakeResolver>();
  const auto channel = replicas.Connect({}, resolver);
  EXPECT_EQ(Ping(replicas, *channel, kPing).error().code, Code::kUnavailable);
  resolver->changed({replicas.replicas[0]->address});
  EXPECT_EQ(Failures(replicas, *channel, kPing, 5), 0);
  EXPECT_EQ(replicas[0].started, 5);
  resolver->changed({replicas.replicas[1]->address});
  EXPECT_EQ(Failures(replicas, *channel, kPing, 5), 0);
  EXPECT_EQ(replicas[0].started, 5);
  EXPECT_EQ(replicas[1].started, 5);
  // Nonsense and silence change nothing.
  resolver->changed({});
  resolver->changed({"no address"});
  EXPECT_EQ(Failures(replicas, *channel, kPing, 5), 0);
  EXPECT_THAT(channel->Snapshot().instances, SizeIs(1));
}

TEST(ChannelTest, NamesAreAddressesToo) {
  Replicas replicas(1);
  const std::string& address = replicas.replicas[0]->address;
  ChannelOptions options;
  options.addresses = {"localhost" + address.substr(address.rfind(':'))};
  const auto channel = replicas.Connect(options);
  EXPECT_TRUE(Ping(replicas, *channel, kPing));
}

TEST(ChannelTest, Ipv6AddressesAreAddressesToo) {
  Replicas replicas(0);
  try {
    replicas.replicas.push_back(std::make_unique<Replicas::Replica>(replicas, "[::1]:0"));
  } catch (const std::runtime_error&) {
    GTEST_SKIP() << "there is no IPv6 loopback here";
  }
  ChannelOptions options;
  const std::string& address = replicas.replicas[0]->address;
  options.addresses = {"[::1]" + address.substr(address.rfind(':'))};
  const auto channel = replicas.Connect(options);
  EXPECT_TRUE(Ping(replicas, *channel, kPing));
}

TEST(ChannelTest, EachAttemptHasItsSpanWhichTheServerContinues) {
  Replicas replicas(1);
  const auto channel = replicas.Connect();
  replicas[0].mood = Mood::kFailing;
  CallContext context;
  context.trace = TraceContext().Child();
  ASSERT_FALSE(Ping(replicas, *channel, kPing, context));
  const auto spans = replicas.tracer.entries();
  ASSERT_THAT(spans, SizeIs(4));  // three attempts and, ended last, the call
  const auto& call = spans.back();
  EXPECT_EQ(call.context.trace_id, context.trace.trace_id);
  EXPECT_EQ(call.parent_span_id, context.trace.span_id);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    EXPECT_EQ(spans[i].name, "echo.Ping");
    EXPECT_EQ(spans[i].kind, SpanKind::kClient);
    EXPECT_EQ(spans[i].error, Code::kUnavailable);
    if (i < 3) EXPECT_TRUE(spans[i].IsChildOf(call));
  }
  const auto& served = replicas.replicas[0]->tracer;
  ASSERT_TRUE(replicas.Until([&] { return served.entries().size() == 3; }));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(served.entries()[i].IsChildOf(spans[i]));
}

TEST(ChannelTest, OutcomesAreCounted) {
  Replicas replicas(1);
  const auto channel = replicas.Connect();
  EXPECT_EQ(Failures(replicas, *channel, kPing, 3), 0);
  EXPECT_EQ(Count(replicas, "vedette_rpc_client_attempts_total", "echo.Ping"), 3U);
  const auto ok = [&](const std::string& code) {
    return replicas.metrics
        .GetCounter("vedette_rpc_client_calls_total", "", {{"method", "echo.Ping"}, {"code", code}})
        .Value();
  };
  EXPECT_EQ(ok("OK"), 3U);
  replicas[0].failure = {Code::kNotFound, "No."};
  replicas[0].mood = Mood::kFailing;
  EXPECT_EQ(Failures(replicas, *channel, kPing, 2), 2);
  EXPECT_EQ(ok("NOT_FOUND"), 2U);
  EXPECT_EQ(ok("OK"), 3U);
}

}  // namespace
}  // namespace vedette::rpc::testing
