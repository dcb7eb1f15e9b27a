// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "kit/rpc/channel.h"
#include "kit/rpc/testing/replicas.h"
#include "kit/task/spawn.h"

namespace vedette::rpc::testing {
namespace {

using std::chrono::milliseconds;
using Mood = Replicas::Mood;

constexpr MethodInfo kCount = {.service = "vedette.testing.v1.EchoService",
                               .name = "Count",
                               .path = "/vedette.testing.v1.EchoService/Count",
                               .label = "echo.Count",
                               .idempotent = true,
                               .streams = true};

struct Outcomes {
  bool accepted = false;
  int ticks = 0;
  Status end;
};

Outcomes CountToThree(Replicas& replicas,
                      Channel& channel,
                      const MethodInfo& info = kCount,
                      const std::string& behaviour = {}) {
  return Await<Outcomes>(replicas.runtime, [&]() -> Task<Outcomes> {
    v1::CountRequest request;
    request.set_study_id("S1");
    request.set_limit(3);
    request.set_behaviour(behaviour);
    Outcomes outcomes;
    auto stream = co_await channel.Open(info, ContextOf("central"), request);
    if (!stream) {
      outcomes.end = Fail(std::move(stream).error());
      co_return outcomes;
    }
    outcomes.accepted = co_await (*stream)->Accepted();
    v1::Tick tick;
    while (co_await (*stream)->Read(tick)) outcomes.ticks += tick.sequence() == outcomes.ticks + 1;
    outcomes.end = co_await (*stream)->Finish();
    co_return outcomes;
  });
}

void ExpectGood(const Outcomes& outcomes) {
  EXPECT_TRUE(outcomes.accepted);
  EXPECT_EQ(outcomes.ticks, 3);
  EXPECT_TRUE(outcomes.end) << outcomes.end.error().message;
}

TEST(ChannelStreamTest, GoesToInstancesThatAreThere) {
  Replicas replicas(2);
  const auto channel = replicas.Connect();
  ASSERT_TRUE(replicas.Ready(*channel));
  for (int i = 0; i < 10; ++i) ExpectGood(CountToThree(replicas, *channel));
  ASSERT_TRUE(replicas.KillNoticed(0, *channel));
  MethodInfo info = kCount;
  info.idempotent = false;  // what never left may be repeated all the same
  for (int i = 0; i < 10; ++i) ExpectGood(CountToThree(replicas, *channel, info));
  for (const auto& instance : channel->Snapshot().instances) EXPECT_EQ(instance.streams, 0);
}

TEST(ChannelStreamTest, OpeningIsRepeatedElsewhereBeforeAcceptance) {
  Replicas replicas(2);
  const auto channel = replicas.Connect();
  ASSERT_TRUE(replicas.Ready(*channel));
  replicas[0].mood = Mood::kFailing;
  for (int i = 0; i < 20; ++i) ExpectGood(CountToThree(replicas, *channel));
  EXPECT_GT(replicas[0].started, 0);
}

TEST(ChannelStreamTest, FrozenInstanceDoesNotHoldTheOpening) {
  Replicas replicas(2);
  ChannelOptions options;
  options.retry.attempt_timeout = milliseconds(500);
  const auto channel = replicas.Connect(options);
  ASSERT_TRUE(replicas.Ready(*channel));
  replicas[0].mood = Mood::kFrozen;
  int calls = 0;
  while (replicas[0].started == 0 && ++calls < 100) ExpectGood(CountToThree(replicas, *channel));
  EXPECT_GT(replicas[0].started, 0);
  EXPECT_TRUE(replicas.Until([&] { return replicas[0].cancelled == replicas[0].started; }));
}

TEST(ChannelStreamTest, WhoLeavesBeforeAcceptanceDoesNotBlameTheInstance) {
  Replicas replicas(1);
  const auto channel = replicas.Connect();
  ASSERT_TRUE(replicas.Ready(*channel));
  replicas[0].mood = Mood::kFrozen;
  for (int i = 1; i <= 5; ++i) {
    Canceller canceller;
    Signal ended;
    Spawn(
        replicas.runtime.Next(),
        [&]() -> Task<void> {
          v1::CountRequest request;
          request.set_study_id("S1");
          (void)co_await channel->Open(kCount, ContextOf("central"), request);
        },
        [&](std::exception_ptr) { ended.Set(); }, canceller);
    ASSERT_TRUE(replicas.Until([&] { return replicas[0].started == i; }));
    canceller.Cancel();
    ASSERT_TRUE(replicas.Until([&] { return ended.IsSet() && replicas[0].cancelled == i; }));
  }
  const ChannelState state = channel->Snapshot();
  EXPECT_EQ(state.instances[0].streams, 0);
  EXPECT_EQ(state.instances[0].success, 1);
  EXPECT_EQ(state.instances[0].methods.at(0).breaker.failed, 0);
}

TEST(ChannelStreamTest, NothingIsRepeatedAfterAcceptance) {
  Replicas replicas(2);
  const auto channel = replicas.Connect();
  replicas[0].mood = replicas[1].mood = Mood::kFailing;
  const Outcomes outcomes = CountToThree(replicas, *channel, kCount, "fail-late");
  EXPECT_TRUE(outcomes.accepted);
  ASSERT_FALSE(outcomes.end);
  EXPECT_EQ(outcomes.end.error(), replicas[0].failure);
  EXPECT_EQ(replicas.started(), 1);
  // The opening was a success, and the end is not told twice.
  for (const auto& instance : channel->Snapshot().instances) {
    for (const auto& method : instance.methods) EXPECT_EQ(method.breaker.failed, 0);
  }
}

TEST(ChannelStreamTest, RefusalsArriveWhole) {
  Replicas replicas(2);
  const auto channel = replicas.Connect();
  for (std::size_t i = 0; i < 2; ++i) {
    replicas[i].failure = EchoService::TheError();
    replicas[i].mood = Mood::kFailing;
  }
  const Outcomes outcomes = CountToThree(replicas, *channel);
  EXPECT_FALSE(outcomes.accepted);
  ASSERT_FALSE(outcomes.end);
  EXPECT_EQ(outcomes.end.error(), EchoService::TheError());
  EXPECT_EQ(replicas.started(), 1);
}

}  // namespace
}  // namespace vedette::rpc::testing
