// SPDX-License-Identifier: Apache-2.0
//
// When an old answer serves in the place of none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/rpc/channel.h"
#include "kit/rpc/testing/channel_calls.h"
#include "kit/task/spawn.h"

namespace vedette::rpc::testing {
namespace {

using std::chrono::seconds;

TEST(ChannelStaleTest, LastGoodAnswerServesTheSameCallerOnly) {
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
  replicas[0].failure = {Code::kInvalidArgument, "Not so."};
  replicas[0].mood = Mood::kFailing;
  EXPECT_EQ(call("maria", "hello").error().code, Code::kInvalidArgument);  // an answer is an answer
  replicas.replicas[0]->Kill();
  const auto stale = call("maria", "hello");
  ASSERT_TRUE(stale);
  EXPECT_EQ(stale->caller(), "u-maria");
  EXPECT_EQ(stale->request().text(), "hello");
  EXPECT_EQ(call("maria", "other").error().code, Code::kUnavailable);
  EXPECT_EQ(call("central", "hello").error().code, Code::kUnavailable);
  EXPECT_EQ(Count(replicas, "vedette_rpc_client_fallbacks_total", "echo.Echo"), 1U);
}

TEST(ChannelStaleTest, WhatIsDeniedOrGoneIsNotGivenLater) {
  for (const Code code : {Code::kPermissionDenied, Code::kUnauthenticated, Code::kNotFound}) {
    Replicas replicas(1);
    const auto channel = replicas.Connect();
    MethodInfo info = kPing;
    info.stale_if_error = seconds(600);
    ASSERT_TRUE(Ping(replicas, *channel, info));
    replicas[0].failure = {code, "Not any more."};
    replicas[0].mood = Mood::kFailing;
    EXPECT_EQ(Ping(replicas, *channel, info).error().code, code);
    replicas.replicas[0]->Kill();
    EXPECT_EQ(Ping(replicas, *channel, info).error().code, Code::kUnavailable);
  }
}

}  // namespace
}  // namespace vedette::rpc::testing
