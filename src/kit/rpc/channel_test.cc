// SPDX-License-Identifier: Apache-2.0
//
// What the channel does when one of several instances is ill. Real servers on loopback; outcomes
// and calls are counted, nothing is timed.
#include "kit/rpc/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "kit/rpc/testing/replicas.h"
#include "kit/task/parallel.h"
#include "kit/task/spawn.h"

namespace vedette::rpc::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::SizeIs;
using Mood = Replicas::Mood;

constexpr MethodInfo kPing = {.service = "vedette.testing.v1.EchoService",
                              .name = "Ping",
                              .path = "/vedette.testing.v1.EchoService/Ping",
                              .label = "echo.Ping",
                              .timeout = seconds(30),
                              .open = true,
                              .idempotent = true};

MethodInfo NotIdempotent() {
  MethodInfo info = kPing;
  info.idempotent = false;
  return info;
}

MethodInfo Echo() {
  MethodInfo info = kPing;
  info.name = "Echo";
  info.path = "/vedette.testing.v1.EchoService/Echo";
  info.label = "echo.Echo";
  info.open = false;
  return info;
}

Status Ping(Replicas& replicas,
            Channel& channel,
            const MethodInfo& info,
            CallContext context = {}) {
  return Await<Status>(replicas.runtime, [&]() -> Task<Status> {
    const v1::PingRequest request;
    v1::PingResponse response;
    co_return co_await channel.Call(info, context, request, response);
  });
}

int Failures(Replicas& replicas, Channel& channel, const MethodInfo& info, int calls) {
  int failures = 0;
  for (int i = 0; i < calls; ++i) failures += Ping(replicas, channel, info) ? 0 : 1;
  return failures;
}

// Calls from several sides at once; how many failed.
Task<int> Lane(Channel& channel, const MethodInfo& info, int calls) {
  int failures = 0;
  const v1::PingRequest request;
  for (int i = 0; i < calls; ++i) {
    v1::PingResponse response;
    failures += co_await channel.Call(info, {}, request, response) ? 0 : 1;
  }
  co_return failures;
}

Task<int> Lanes(Channel& channel, const MethodInfo& info, int lanes, int calls) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < lanes; ++i) tasks.push_back(Lane(channel, info, calls));
  int failures = 0;
  for (const int failed : co_await WhenAll(std::move(tasks))) failures += failed;
  co_return failures;
}

std::uint64_t Count(Replicas& replicas, const std::string& name, const std::string& label) {
  return replicas.metrics.GetCounter(name, "", {{"method", label}}).Value();
}

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
  replicas.replicas[0]->Kill();
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
  options.retry.attempt_timeout = milliseconds(50);
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

TEST(ChannelTest, HedgeAnswersForAFrozenInstanceAndTheLoserIsCancelled) {
  Replicas replicas(2);
  ChannelOptions options;
  options.ejection.enabled = false;
  const auto channel = replicas.Connect(options);
  ASSERT_TRUE(replicas.Ready(*channel));
  replicas[0].mood = Mood::kFrozen;
  MethodInfo info = kPing;
  info.hedge_after = milliseconds(20);
  while (replicas[0].started == 0) ASSERT_TRUE(Ping(replicas, *channel, info));
  EXPECT_TRUE(replicas.Until([&] { return replicas[0].cancelled == replicas[0].started; }));
  EXPECT_EQ(Count(replicas, "vedette_rpc_client_hedges_total", "echo.Ping"),
            static_cast<std::uint64_t>(replicas[0].started));
  for (const auto& instance : channel->Snapshot().instances) EXPECT_EQ(instance.calls, 0);
}

TEST(ChannelTest, CancellingTheCallerCancelsEveryAttempt) {
  Replicas replicas(2);
  const auto channel = replicas.Connect();
  ASSERT_TRUE(replicas.Ready(*channel));
  replicas[0].mood = replicas[1].mood = Mood::kFrozen;
  MethodInfo info = kPing;
  info.hedge_after = milliseconds(1);
  Canceller canceller;
  Signal ended;
  Spawn(
      replicas.runtime.Next(), [&]() -> Task<void> { co_await Lane(*channel, info, 1); },
      [&](std::exception_ptr) { ended.Set(); }, canceller);
  ASSERT_TRUE(replicas.Until([&] { return replicas.started() == 2; }));
  canceller.Cancel();
  EXPECT_TRUE(replicas.Until([&] { return ended.IsSet(); }));
  EXPECT_TRUE(replicas.Until([&] { return replicas[0].cancelled + replicas[1].cancelled == 2; }));
}

TEST(ChannelTest, OnlyWhatCanHelpIsRepeated) {
  Replicas replicas(1);
  const auto channel = replicas.Connect();
  replicas[0].mood = Mood::kFailing;
  EXPECT_EQ(Ping(replicas, *channel, kPing).error(), replicas[0].failure);
  EXPECT_EQ(replicas[0].started, 3);  // as often as the options say
  EXPECT_EQ(Count(replicas, "vedette_rpc_client_retries_total", "echo.Ping"), 2U);
  // It may have done half of it.
  EXPECT_FALSE(Ping(replicas, *channel, NotIdempotent()));
  EXPECT_EQ(replicas[0].started, 4);
}

TEST(ChannelTest, TheServicesOwnAnswersAreNotRepeated) {
  for (const Code code : {Code::kInvalidArgument, Code::kNotFound, Code::kResourceExhausted,
                          Code::kInternal, Code::kDeadlineExceeded}) {
    Replicas replicas(2);
    const auto channel = replicas.Connect();
    for (std::size_t i = 0; i < 2; ++i) {
      replicas[i].failure = {code, "So it is."};
      replicas[i].mood = Mood::kFailing;
    }
    EXPECT_EQ(Ping(replicas, *channel, kPing).error().code, code);
    EXPECT_EQ(replicas.started(), 1);
  }
}

TEST(ChannelTest, AnAnswerThatReadsLikeGrpcsOwnTextIsAnAnswerAllTheSame) {
  Replicas replicas(2);
  const auto channel = replicas.Connect();
  for (std::size_t i = 0; i < 2; ++i) {
    replicas[i].failure = {Code::kUnavailable, "failed to connect to all addresses; as I was told"};
    replicas[i].mood = Mood::kFailing;
  }
  EXPECT_EQ(Ping(replicas, *channel, NotIdempotent()).error(), replicas[0].failure);
  EXPECT_EQ(replicas.started(), 1);
}

TEST(ChannelTest, NoRepetitionThatCannotEndInTime) {
  Replicas replicas(1);
  const auto channel = replicas.Connect();
  replicas[0].failure.retry_after = seconds(60);
  replicas[0].mood = Mood::kFailing;
  EXPECT_EQ(Ping(replicas, *channel, kPing).error(), replicas[0].failure);
  EXPECT_EQ(replicas[0].started, 1);
}

TEST(ChannelTest, RepetitionsStayWithinTheirBudget) {
  Replicas replicas(1);
  ChannelOptions options;
  options.retry.first_backoff = milliseconds(0);
  options.retry.budget_share = 0.02;
  options.retry.budget_per_second = 0;
  const auto channel = replicas.Connect(options);
  replicas[0].mood = Mood::kFailing;
  EXPECT_EQ(Failures(replicas, *channel, kPing, 100), 100);
  // 2 to begin with and 2 for 100 calls; the breaker kept some calls from the instance besides.
  EXPECT_LE(Count(replicas, "vedette_rpc_client_retries_total", "echo.Ping"), 4U);
  EXPECT_LE(replicas[0].started, 104);
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

TEST(ChannelTest, LastGoodAnswerServesTheSameCallerOnly) {
  Replicas replicas(1);
  const auto channel = replicas.Connect();
  MethodInfo info = Echo();
  info.stale_if_error = seconds(600);
  const auto call = [&](const std::string& token, const std::string& text) {
    return Await<Result<v1::EchoResponse>>(
        replicas.runtime, [&]() -> Task<Result<v1::EchoResponse>> {
          v1::EchoRequest request;
          request.set_study_id("S1");
          request.set_age(41);
          request.set_text(text);
          v1::EchoResponse response;
          VEDETTE_CO_CHECK_OK(co_await channel->Call(info, ContextOf(token), request, response));
          co_return response;
        });
  };
  ASSERT_TRUE(call("maria", "hello"));
  replicas[0].failure = {Code::kNotFound, "No more."};
  replicas[0].mood = Mood::kFailing;
  EXPECT_EQ(call("maria", "hello").error().code, Code::kNotFound);  // an answer is an answer
  replicas.replicas[0]->Kill();
  const auto stale = call("maria", "hello");
  ASSERT_TRUE(stale);
  EXPECT_EQ(stale->caller(), "u-maria");
  EXPECT_EQ(stale->request().text(), "hello");
  EXPECT_EQ(call("maria", "other").error().code, Code::kUnavailable);
  EXPECT_EQ(call("central", "hello").error().code, Code::kUnavailable);
  EXPECT_EQ(Count(replicas, "vedette_rpc_client_fallbacks_total", "echo.Echo"), 1U);
}

TEST(ChannelTest, WhoIsDeniedTheAnswerIsNotGivenTheOldOneLater) {
  for (const Code code : {Code::kPermissionDenied, Code::kUnauthenticated}) {
    Replicas replicas(1);
    const auto channel = replicas.Connect();
    MethodInfo info = kPing;
    info.stale_if_error = seconds(600);
    ASSERT_TRUE(Ping(replicas, *channel, info));
    replicas[0].failure = {code, "Not for you any more."};
    replicas[0].mood = Mood::kFailing;
    EXPECT_EQ(Ping(replicas, *channel, info).error().code, code);
    replicas.replicas[0]->Kill();
    EXPECT_EQ(Ping(replicas, *channel, info).error().code, Code::kUnavailable);
  }
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
