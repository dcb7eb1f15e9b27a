// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "kit/http/client.h"
#include "kit/http/server.h"
#include "kit/http/test_server.h"
#include "kit/rpc/grpc_buffer.h"
#include "kit/rpc/ingress.h"
#include "kit/rpc/testing/fake_limiter.h"
#include "kit/rpc/testing/fixture.h"
#include "kit/shed/cpu_reader.h"
#include "kit/testing/recording_tracer.h"

namespace vedette::rpc::testing {

inline constexpr char kEchoTarget[] = "/api/testing/studies/S1/echo";
inline constexpr char kSiteTarget[] = "/api/testing/studies/S1/sites/701/echo";
inline constexpr char kCountTarget[] = "/api/testing/studies/S1/count";
inline constexpr char kBody[] = R"({"text":"hello","age":4})";

using http::Patience;

// The echo service behind the whole chain, over HTTP and gRPC.
struct Governed {
  explicit Governed(IngressOptions options = {})
      : ingress(std::move(options),
                {.clock = clock,
                 .random = random,
                 .metrics = metrics,
                 .shedder = &shedder,
                 .degradation = &degradation,
                 .limiter = &limiter}),
        echo({}, {.ingress = &ingress, .tracer = &tracer}),
        http({.port = 0, .max_body_bytes = 1 << 20},
             echo.router,
             echo.runtime,
             echo.logger,
             echo.metrics,
             echo.clock,
             &tracer) {
    const Status started = http.Start();
    if (!started) throw std::runtime_error(started.error().message);
  }
  ~Governed() {
    Await<bool>(echo.runtime, [&]() -> Task<bool> {
      co_await http.Stop(std::chrono::seconds(5));
      co_await echo.adapter.Stop();
      co_return true;
    });
  }

  http::ClientResponse Fetch(http::ClientRequest request, std::string token = "maria") {
    if (!token.empty()) request.headers.Set("Authorization", "Bearer " + token);
    auto response = Await<Result<http::ClientResponse>>(echo.runtime, [&] {
      return http::Fetch({"127.0.0.1", http.port()}, std::move(request), Patience());
    });
    EXPECT_TRUE(response) << response.error().message;
    return response ? *std::move(response) : http::ClientResponse{};
  }
  http::ClientResponse Echo(std::string body = kBody, std::string timeout = {}) {
    http::ClientRequest request{.method = "POST", .target = kEchoTarget, .body = std::move(body)};
    if (!timeout.empty()) request.headers.Set("Request-Timeout", timeout);
    return Fetch(std::move(request));
  }

  // A span ends after its answer was sent.
  std::optional<RecordingTracer::Entry> AwaitSpan(std::string_view name, std::size_t count = 1) {
    const SteadyTime end = Patience();
    while (tracer.Count(name) < count && clock.SteadyNow() < end) std::this_thread::yield();
    return tracer.Find(name);
  }

  SystemClock clock;
  SeededRandom random{3};
  MetricsRegistry metrics;
  FixedCpuReader cpu{0};
  Shedder shedder{{}, cpu, clock, metrics};
  Degradation degradation{&shedder, metrics};
  FakeLimiter limiter;
  RecordingTracer tracer;
  Ingress ingress;
  EchoFixture echo;
  http::Server http;
};

// One unary call as any gRPC client makes it, with all that comes back.
struct GrpcAnswer {
  grpc::Status status;
  std::multimap<std::string, std::string> trailers;
};

inline GrpcAnswer CallGrpc(const std::string& address,
                           const std::string& method,
                           const Message& request,
                           const std::string& token) {
  grpc::GenericStub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  const grpc::ByteBuffer sent = Serialize(request);
  grpc::ByteBuffer received;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, "/vedette.testing.v1.EchoService/" + method, {}, &sent, &received,
                 [&](grpc::Status status) { done.set_value(std::move(status)); });
  GrpcAnswer answer{done.get_future().get(), {}};
  for (const auto& [key, value] : context.GetServerTrailingMetadata()) {
    answer.trailers.emplace(std::string(key.data(), key.size()),
                            std::string(value.data(), value.size()));
  }
  return answer;
}

}  // namespace vedette::rpc::testing
