// SPDX-License-Identifier: Apache-2.0
//
// Which calls are repeated or asked of a second instance. Real servers on loopback; outcomes and
// calls are counted, nothing is timed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/rpc/channel.h"
#include "kit/rpc/testing/channel_calls.h"
#include "kit/task/spawn.h"

namespace vedette::rpc::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ChannelRetryTest, HedgeAnswersForAFrozenInstanceAndTheLoserIsCancelled) {
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
  EXPECT_GE(Count(replicas, "vedette_rpc_client_hedges_total", "echo.Ping"), 1U);
  for (const auto& instance : channel->Snapshot().instances) EXPECT_EQ(instance.calls, 0);
}

// A call and its end, both at will.
struct Caller {
  Caller(Replicas& replicas, Channel& channel, const MethodInfo& info) {
    Spawn(
        replicas.runtime.Next(), [&]() -> Task<void> { co_await Lane(channel, info, 1); },
        [this](std::exception_ptr) { ended.Set(); }, canceller);
  }

  Canceller canceller;
  Signal ended;
};

TEST(ChannelRetryTest, WithoutAHedgeTheFirstAttemptEndsBeforeTheSecondBegins) {
  Replicas replicas(2);
  ChannelOptions options;
  options.retry.attempt_timeout = milliseconds(50);
  options.retry.max_attempts = 2;
  const auto channel = replicas.Connect(options);
  ASSERT_TRUE(replicas.Ready(*channel));
  replicas[0].mood = replicas[1].mood = Mood::kFrozen;
  const auto cancelled = [&] { return replicas[0].cancelled + replicas[1].cancelled; };
  Caller caller(replicas, *channel, kPing);
  EXPECT_TRUE(replicas.Until([&] {
    return Count(replicas, "vedette_rpc_client_retries_total", "echo.Ping") == 1 &&
           replicas.started() - cancelled() == 1;
  }));
  EXPECT_EQ(Count(replicas, "vedette_rpc_client_hedges_total", "echo.Ping"), 0U);
  caller.canceller.Cancel();
  EXPECT_TRUE(replicas.Until([&] { return caller.ended.IsSet(); }));
  EXPECT_TRUE(replicas.Until([&] { return replicas.started() == cancelled(); }));
}

TEST(ChannelRetryTest, WhoWasGivenUpIsAskedAgainWhenTheOtherIsSilentToo) {
  Replicas replicas(2);
  ChannelOptions options;
  options.retry.attempt_timeout = milliseconds(50);
  options.retry.max_attempts = 10;
  const auto channel = replicas.Connect(options);
  ASSERT_TRUE(replicas.Ready(*channel));
  replicas[0].mood = replicas[1].mood = Mood::kFrozenOnce;
  EXPECT_TRUE(Ping(replicas, *channel, kPing));
}

TEST(ChannelRetryTest, WhatIsNotIdempotentIsWaitedFor) {
  Replicas replicas(2);
  ChannelOptions options;
  options.retry.attempt_timeout = milliseconds(1);
  const auto channel = replicas.Connect(options);
  ASSERT_TRUE(replicas.Ready(*channel));
  replicas[0].mood = replicas[1].mood = Mood::kSlow;
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Ping(replicas, *channel, NotIdempotent()));
  EXPECT_EQ(replicas.started(), 20);
}

TEST(ChannelRetryTest, NoBudgetIsTakenWhereNobodyElseIsThere) {
  Replicas replicas(2);
  ChannelOptions options;
  options.retry.budget_share = 0.02;  // 2 to begin with
  options.retry.budget_per_second = 0;
  const auto channel = replicas.Connect(options);
  ASSERT_TRUE(replicas.Ready(*channel));
  replicas[0].mood = replicas[1].mood = Mood::kFrozen;
  MethodInfo info = kPing;
  info.hedge_after = milliseconds(1);
  info.timeout = milliseconds(200);
  // Both are asked, and then there is none for a third attempt.
  EXPECT_EQ(Ping(replicas, *channel, info).error().code, Code::kDeadlineExceeded);
  EXPECT_GE(channel->Snapshot().retry_budget, 1);
}

TEST(ChannelRetryTest, CancellingTheCallerCancelsEveryAttempt) {
  Replicas replicas(2);
  const auto channel = replicas.Connect();
  ASSERT_TRUE(replicas.Ready(*channel));
  replicas[0].mood = replicas[1].mood = Mood::kFrozen;
  MethodInfo info = kPing;
  info.hedge_after = milliseconds(1);
  Caller caller(replicas, *channel, info);
  ASSERT_TRUE(replicas.Until([&] { return replicas.started() == 2; }));
  caller.canceller.Cancel();
  EXPECT_TRUE(replicas.Until([&] { return caller.ended.IsSet(); }));
  EXPECT_TRUE(replicas.Until([&] { return replicas[0].cancelled + replicas[1].cancelled == 2; }));
}

TEST(ChannelRetryTest, OnlyWhatCanHelpIsRepeated) {
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

TEST(ChannelRetryTest, TheServicesOwnAnswersAreNotRepeated) {
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

TEST(ChannelRetryTest, AnAnswerThatReadsLikeGrpcsOwnTextIsAnAnswerAllTheSame) {
  Replicas replicas(2);
  const auto channel = replicas.Connect();
  for (std::size_t i = 0; i < 2; ++i) {
    replicas[i].failure = {Code::kUnavailable, "failed to connect to all addresses; as I was told"};
    replicas[i].mood = Mood::kFailing;
  }
  EXPECT_EQ(Ping(replicas, *channel, NotIdempotent()).error(), replicas[0].failure);
  EXPECT_EQ(replicas.started(), 1);
}

TEST(ChannelRetryTest, NoRepetitionThatCannotEndInTime) {
  Replicas replicas(1);
  const auto channel = replicas.Connect();
  replicas[0].failure.retry_after = seconds(60);
  replicas[0].mood = Mood::kFailing;
  EXPECT_EQ(Ping(replicas, *channel, kPing).error(), replicas[0].failure);
  EXPECT_EQ(replicas[0].started, 1);
}

TEST(ChannelRetryTest, RepetitionsStayWithinTheirBudget) {
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

}  // namespace
}  // namespace vedette::rpc::testing
