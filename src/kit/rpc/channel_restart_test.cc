// SPDX-License-Identifier: Apache-2.0
//
// An instance that was gone for a while and comes back at the same address.
#include <gtest/gtest.h>

#include "kit/rpc/channel.h"
#include "kit/rpc/testing/replicas.h"

namespace vedette::rpc::testing {
namespace {

constexpr MethodInfo kPing = {.service = "vedette.testing.v1.EchoService",
                              .name = "Ping",
                              .path = "/vedette.testing.v1.EchoService/Ping",
                              .label = "echo.Ping",
                              .timeout = std::chrono::seconds(30),
                              .open = true};

Status Ping(Replicas& replicas, Channel& channel) {
  return Await<Status>(replicas.runtime, [&]() -> Task<Status> {
    const v1::PingRequest request;
    v1::PingResponse response;
    co_return co_await channel.Call(kPing, {}, request, response);
  });
}

// Its connection tells when it is back; a breaker would refuse calls for seconds more.
TEST(ChannelRestartTest, CallsThatNeverLeftDoNotOpenTheBreaker) {
  Replicas replicas(1);
  const auto channel = replicas.Connect();
  ASSERT_TRUE(replicas.Ready(*channel));
  const std::string address = replicas.replicas[0]->address;
  replicas.replicas[0]->Kill();
  ASSERT_TRUE(replicas.Until(
      [&] { return channel->Snapshot().instances.front().connection == "failing"; }));
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(Ping(replicas, *channel).error().code, Code::kUnavailable);
  replicas.replicas.push_back(std::make_unique<Replicas::Replica>(replicas, address));
  ASSERT_TRUE(replicas.Ready(*channel));
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(Ping(replicas, *channel));
}

}  // namespace
}  // namespace vedette::rpc::testing
