// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "kit/redis/open.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"
#include "kit/testing/eventually.h"
#include "kit/testing/recording_tracer.h"
#include "kit/testing/redis.h"

namespace vedette::redis {

inline Deadline In(std::chrono::milliseconds time) { return Deadline::After(SystemClock(), time); }
inline Deadline Later() { return In(std::chrono::seconds(60)); }

using testkit::Eventually;

// A client with all it needs, closed at the end.
class TestClient {
 public:
  explicit TestClient(RedisOptions options, Logger logger = {}) {
    auto made = MakeClient(options, runtime,
                           {.logger = std::move(logger),
                            .metrics = metrics,
                            .tracer = tracer,
                            .clock = clock,
                            .random = random});
    if (!made) throw std::runtime_error(made.error().message);
    client = *std::move(made);
  }
  explicit TestClient(const std::string& url) : TestClient(RedisOptions{.url = url}) {}
  ~TestClient() {
    runtime.RunBlocking([this] { return client->Close(); });
  }

  Result<Reply> Call(std::string_view command,
                     std::vector<std::string> arguments = {},
                     Deadline deadline = Later()) {
    return Await<Result<Reply>>(
        runtime, [&] { return client->Call(deadline, command, std::move(arguments)); });
  }
  Result<Reply> Run(const Script& script,
                    std::vector<std::string> keys,
                    std::vector<std::string> arguments) {
    return Await<Result<Reply>>(runtime, [&] {
      return client->Run(Later(), script, std::move(keys), std::move(arguments));
    });
  }
  bool Works() { return Call("PING").has_value(); }

  Runtime runtime{2};
  MetricsRegistry metrics;
  RecordingTracer tracer;
  SystemClock clock;
  SeededRandom random{1};
  std::unique_ptr<Client> client;
};

inline Reply Text(std::string text) { return {.value = std::move(text)}; }
inline Reply Integer(std::int64_t number) { return {.value = number}; }

}  // namespace vedette::redis

#define VEDETTE_NEEDS_REDIS()                          \
  if (!::vedette::testkit::RedisServer::IsInstalled()) \
  GTEST_SKIP() << "redis-server is not installed"
