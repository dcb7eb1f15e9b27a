// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kit/rpc/testing/replicas.h"
#include "kit/task/parallel.h"

namespace vedette::rpc::testing {

using Mood = Replicas::Mood;

inline constexpr MethodInfo kPing = {.service = "vedette.testing.v1.EchoService",
                                     .name = "Ping",
                                     .path = "/vedette.testing.v1.EchoService/Ping",
                                     .label = "echo.Ping",
                                     .timeout = std::chrono::seconds(30),
                                     .open = true,
                                     .idempotent = true};

inline MethodInfo NotIdempotent() {
  MethodInfo info = kPing;
  info.idempotent = false;
  return info;
}

inline MethodInfo Echo() {
  MethodInfo info = kPing;
  info.name = "Echo";
  info.path = "/vedette.testing.v1.EchoService/Echo";
  info.label = "echo.Echo";
  info.open = false;
  return info;
}

inline Status Ping(Replicas& replicas,
                   Channel& channel,
                   const MethodInfo& info,
                   CallContext context = {}) {
  return Await<Status>(replicas.runtime, [&]() -> Task<Status> {
    const v1::PingRequest request;
    v1::PingResponse response;
    co_return co_await channel.Call(info, context, request, response);
  });
}

inline int Failures(Replicas& replicas, Channel& channel, const MethodInfo& info, int calls) {
  int failures = 0;
  for (int i = 0; i < calls; ++i) failures += Ping(replicas, channel, info) ? 0 : 1;
  return failures;
}

// Calls from several sides at once; how many failed.
inline Task<int> Lane(Channel& channel, const MethodInfo& info, int calls) {
  int failures = 0;
  const v1::PingRequest request;
  for (int i = 0; i < calls; ++i) {
    v1::PingResponse response;
    failures += co_await channel.Call(info, {}, request, response) ? 0 : 1;
  }
  co_return failures;
}

inline Task<int> Lanes(Channel& channel, const MethodInfo& info, int lanes, int calls) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < lanes; ++i) tasks.push_back(Lane(channel, info, calls));
  int failures = 0;
  for (const int failed : co_await WhenAll(std::move(tasks))) failures += failed;
  co_return failures;
}

inline std::uint64_t Count(Replicas& replicas, const std::string& name, const std::string& label) {
  return replicas.metrics.GetCounter(name, "", {{"method", label}}).Value();
}

}  // namespace vedette::rpc::testing
