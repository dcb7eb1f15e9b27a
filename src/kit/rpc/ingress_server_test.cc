// SPDX-License-Identifier: Apache-2.0
//
// The whole chain as clients meet it: over HTTP and over gRPC, with the echo service behind it.
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

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
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kEchoTarget[] = "/api/testing/studies/S1/echo";
constexpr char kSiteTarget[] = "/api/testing/studies/S1/sites/701/echo";
constexpr char kCountTarget[] = "/api/testing/studies/S1/count";
constexpr char kBody[] = R"({"text":"hello","age":4})";

using http::Patience;

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
      co_await http.Stop(5s);
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

GrpcAnswer CallGrpc(const std::string& address,
                    const std::string& method,
                    const Message& request,
                    const std::string& token) {
  grpc::GenericStub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 20s);
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

TEST(IngressServerTest, BudgetsAreToldAndTheirRefusalsAre429) {
  Governed governed({.limits = {.interactive = {2, 2}}});
  const http::ClientResponse first = governed.Echo();
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(first.headers.Get("RateLimit-Policy"), "\"interactive\";q=2;w=1");
  EXPECT_EQ(first.headers.Get("RateLimit"), "\"interactive\";r=1;t=2");
  EXPECT_EQ(governed.Echo("{}").status, 400) << "what is wrong with the request costs, too";
  const http::ClientResponse refused = governed.Echo();
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.Get("Retry-After"), "3");
  EXPECT_EQ(refused.headers.Get("RateLimit"), "\"interactive\";r=0;t=3");
  EXPECT_THAT(refused.body, HasSubstr(R"("code":"RESOURCE_EXHAUSTED")"));
  EXPECT_EQ(governed.echo.service.started, 1);
}

TEST(IngressServerTest, AProxysAddressCountsHoweverItWasAppended) {
  Governed governed({.limits = {.open = {2, 2}}, .trusted_proxies = 1});
  http::ClientRequest request{.target = "/api/testing/ping"};
  // What the client wrote itself, and below it the proxy's own line.
  request.headers.Add("X-Forwarded-For", "192.0.2.66");
  request.headers.Add("X-Forwarded-For", "198.51.100.7");
  EXPECT_EQ(governed.Fetch(request, "").status, 200);
  http::ClientRequest joined{.target = "/api/testing/ping"};
  joined.headers.Add("X-Forwarded-For", "192.0.2.67, 198.51.100.7");
  EXPECT_EQ(governed.Fetch(joined, "").status, 200);
  EXPECT_EQ(governed.limiter.taken(),
            (std::map<std::string, std::int64_t>{{"class:open:address:198.51.100.7", 2}}));
}

TEST(IngressServerTest, GrpcHasTheSameBudgetAndTellsItInTrailers) {
  Governed governed({.limits = {.interactive = {2, 2}}});
  EXPECT_EQ(governed.Fetch({.target = "/api/testing/me"}).status, 200);
  GrpcAnswer answer =
      CallGrpc(governed.echo.server->address(), "WhoAmI", v1::WhoAmIRequest(), "maria");
  EXPECT_TRUE(answer.status.ok());
  EXPECT_EQ(answer.trailers.find("ratelimit")->second, "\"interactive\";r=0;t=2");
  EXPECT_EQ(answer.trailers.find("ratelimit-policy")->second, "\"interactive\";q=2;w=1");
  answer = CallGrpc(governed.echo.server->address(), "WhoAmI", v1::WhoAmIRequest(), "maria");
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(answer.trailers.find("grpc-retry-pushback-ms")->second, "2500");
  EXPECT_TRUE(CallGrpc(governed.echo.server->address(), "WhoAmI", v1::WhoAmIRequest(), "service")
                  .status.ok());
}

TEST(IngressServerTest, FailuresOpenTheBreakerOfTheOperationForBothTransports) {
  Governed governed({.limits = {.interactive = {}}});
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    const int status = governed.Echo(R"({"text":"hello","age":4,"behaviour":"throw"})").status;
    EXPECT_TRUE(status == 500 || status == 503) << status;
    refused += status == 503;
  }
  EXPECT_GT(refused, 150);
  EXPECT_EQ(governed.echo.service.started, 300 - refused);
  v1::EchoRequest request;
  request.set_study_id("S1");
  request.set_text("hello");
  request.set_age(4);
  request.set_behaviour("throw");
  int unavailable = 0;
  for (int i = 0; i < 20; ++i) {
    const GrpcAnswer answer = CallGrpc(governed.echo.server->address(), "Echo", request, "maria");
    if (answer.status.error_code() == grpc::StatusCode::UNAVAILABLE) {
      ++unavailable;
      EXPECT_EQ(answer.trailers.count("grpc-retry-pushback-ms"), 1U);
    }
  }
  EXPECT_GT(unavailable, 5);
  // Other operations are not concerned.
  EXPECT_EQ(governed.Fetch({.target = "/api/testing/me"}).status, 200);
}

TEST(IngressServerTest, BadRequestsNeverOpenTheBreaker) {  // K-REST
  Governed governed({.limits = {.interactive = {}}});
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(governed.Echo("{}").status, 400) << i;
}

TEST(IngressServerTest, WhatTakesTooLongIs504AndIsCancelled) {
  Governed governed;
  const http::ClientResponse late =
      governed.Echo(R"({"text":"hello","age":4,"behaviour":"hang"})", "0.05");
  EXPECT_EQ(late.status, 504);
  EXPECT_THAT(late.body, HasSubstr(R"("code":"DEADLINE_EXCEEDED")"));
  EXPECT_EQ(governed.echo.service.cancelled, 1);
  EXPECT_EQ(governed.Echo(kBody, "30").status, 201);
  for (const char* wrong : {"0", "-1", "x", "1s", "", "nan", "inf"}) {
    http::ClientRequest request{.method = "POST", .target = kEchoTarget, .body = kBody};
    request.headers.Set("Request-Timeout", wrong);
    EXPECT_EQ(governed.Fetch(std::move(request)).status, 400) << wrong;
  }
}

TEST(IngressServerTest, TheContractsTimeoutReachesTheService) {
  Governed governed({.default_timeout = 7s});
  const SteadyTime before = governed.clock.SteadyNow();
  EXPECT_EQ(governed.Echo().status, 201);
  const Deadline seen = governed.echo.service.last_deadline;
  EXPECT_GE(seen.time, before + 7s);
  EXPECT_LE(seen.time, governed.clock.SteadyNow() + 7s);
}

TEST(IngressServerTest, AClientThatLeavesIs499AndStopsTheWork) {
  Governed governed;
  const std::string body = R"({"text":"hello","age":4,"behaviour":"hang"})";
  http::RawSocket client(governed.http.port());
  ASSERT_TRUE(client.Send("POST " + std::string(kEchoTarget) +
                          " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer maria\r\n"
                          "Content-Length: " +
                          std::to_string(body.size()) + "\r\n\r\n" + body));
  EXPECT_TRUE(Await<bool>(governed.echo.runtime,
                          [&] { return governed.echo.service.hanging.WaitUntil(Patience()); }));
  client.Close();
  EXPECT_TRUE(Await<bool>(governed.echo.runtime,
                          [&] { return governed.echo.service.gave_up.WaitUntil(Patience()); }));
  const auto counted = [&] {
    return governed.echo.metrics
        .GetCounter("vedette_http_requests_total", "",
                    {{"method", "POST"},
                     {"route", "/api/testing/studies/{study_id}/echo"},
                     {"status", "499"}})
        .Value();
  };
  for (const SteadyTime end = Patience(); counted() == 0 && SystemClock().SteadyNow() < end;) {
    std::this_thread::yield();
  }
  EXPECT_EQ(counted(), 1U);
  // It says nothing about the operation.
  const auto operations = governed.ingress.Snapshot().operations;
  const auto echo = std::ranges::find(operations, "echo.Echo", &Ingress::OperationState::label);
  ASSERT_NE(echo, operations.end());
  EXPECT_EQ(echo->breaker->total, 0);
}

TEST(IngressServerTest, ADefectIs500AndNamesNothing) {
  Governed governed;
  const http::ClientResponse response =
      governed.Echo(R"({"text":"hello","age":4,"secret":"s3cret","behaviour":"throw"})");
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, Not(HasSubstr("s3cret")));
  EXPECT_FALSE(governed.echo.log->Contains("s3cret"));
}

TEST(IngressServerTest, BodiesAreBoundedAsSentAndAsInflated) {
  Governed governed;
  EXPECT_EQ(governed.Echo(std::string(65'537, ' ')).status, 413);
  http::ClientRequest request{.method = "POST", .target = kEchoTarget, .body = "not gzip"};
  request.headers.Set("Content-Encoding", "gzip");
  EXPECT_EQ(governed.Fetch(std::move(request)).status, 400);
  EXPECT_EQ(governed.echo.service.started, 0);
}

Task<Result<int>> CountEvents(Governed& governed, std::string target, int want) {
  VEDETTE_CO_TRY(auto connection, co_await http::ClientConnection::Connect(
                                      {"127.0.0.1", governed.http.port()}, Patience()));
  http::ClientRequest request{.target = std::move(target)};
  request.headers.Set("Authorization", "Bearer maria");
  VEDETTE_CO_TRY(auto head, co_await connection.Open(std::move(request), Patience()));
  if (head.status != 200) co_return -head.status;
  int seen = 0;
  while (seen < want) {
    VEDETTE_CO_TRY(auto event, co_await connection.NextEvent(Patience()));
    if (!event) break;
    ++seen;
  }
  co_return seen;
}

TEST(IngressServerTest, StreamsOutliveTheTimeoutAndAreBounded) {
  Governed governed({.max_streams_per_caller = 1, .default_timeout = 1ms});
  const auto count = [&](std::string query, int want) {
    return Await<Result<int>>(governed.echo.runtime,
                              [&] { return CountEvents(governed, kCountTarget + query, want); })
        .value_or(-1);
  };
  // Ten thousand events take longer than the millisecond that a call would have.
  EXPECT_EQ(count("?limit=10000", 10'000), 10'000);
  const auto streams = [&](std::int64_t open) {
    const SteadyTime end = Patience();
    while (governed.ingress.Snapshot().streams != open && governed.clock.SteadyNow() < end) {
      std::this_thread::yield();
    }
    return governed.ingress.Snapshot().streams;
  };
  EXPECT_EQ(streams(0), 0);
  std::future<int> first =
      std::async(std::launch::async, [&] { return count("?behaviour=hang", 1); });
  EXPECT_EQ(streams(1), 1);
  EXPECT_EQ(count("?limit=1", 1), -429);
  // The adapter's stop ends the first.
  Await<bool>(governed.echo.runtime, [&]() -> Task<bool> {
    co_await governed.http.Stop(5s);
    co_return true;
  });
  first.get();
  EXPECT_EQ(streams(0), 0);
}

TEST(IngressServerTest, SpansHangTogetherFromTheClientToTheService) {
  Governed governed;
  const auto parent =
      TraceContext::FromTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  http::ClientRequest request{.method = "POST", .target = kEchoTarget, .body = kBody};
  request.headers.Set("traceparent", parent->ToTraceparent());
  EXPECT_EQ(governed.Fetch(std::move(request)).status, 201);
  const auto server = governed.AwaitSpan("/api/testing/studies/{study_id}/echo");
  const auto guard = governed.tracer.Find("echo.Echo");
  ASSERT_TRUE(server && guard);
  EXPECT_EQ(server->parent_span_id, parent->span_id);
  EXPECT_TRUE(guard->IsChildOf(*server));
  EXPECT_EQ(guard->kind, SpanKind::kInternal);
  // The deadline that queries and calls get names the guard's span.
  EXPECT_EQ(governed.echo.service.last_deadline.load().trace.span_id, guard->context.span_id);

  EXPECT_TRUE(CallGrpc(governed.echo.server->address(), "WhoAmI", v1::WhoAmIRequest(), "maria")
                  .status.ok());
  const auto grpc = governed.AwaitSpan("/vedette.testing.v1.EchoService/WhoAmI");
  ASSERT_TRUE(grpc);
  EXPECT_EQ(grpc->kind, SpanKind::kServer);
  EXPECT_TRUE(governed.tracer.Find("echo.WhoAmI")->IsChildOf(*grpc));
}

TEST(IngressServerTest, SlowCallsAndExemplarsNameTheCallsTrace) {
  Governed governed;
  const auto parent =
      TraceContext::FromTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  http::ClientRequest request{.method = "POST", .target = kEchoTarget, .body = kBody};
  request.headers.Set("traceparent", parent->ToTraceparent());
  EXPECT_EQ(governed.Fetch(std::move(request)).status, 201);
  const auto slow = governed.echo.slow_operations.Read();
  ASSERT_EQ(slow.size(), 1U);
  EXPECT_EQ(slow[0].kind, "rpc");
  EXPECT_EQ(slow[0].name, "echo.Echo");
  EXPECT_EQ(slow[0].trace.trace_id, parent->trace_id);
  const std::string span = governed.tracer.Find("echo.Echo")->context.SpanIdHex();
  EXPECT_EQ(slow[0].trace.SpanIdHex(), span);
  const std::string page = governed.echo.metrics.Expose(MetricsFormat::kOpenMetrics);
  EXPECT_THAT(page,
              HasSubstr("# {trace_id=\"0af7651916cd43dd8448eb211c80319c\",span_id=\"" + span));
}

TEST(IngressServerTest, ASpanFailsByOurFaultOnly) {
  Governed governed;
  governed.Echo(R"({"text":"hello","age":4,"behaviour":"fail"})");
  governed.Fetch({.target = kSiteTarget}, "");
  ASSERT_TRUE(governed.AwaitSpan("/api/testing/studies/{study_id}/sites/{site_id}/echo"));
  ASSERT_TRUE(governed.AwaitSpan("/api/testing/studies/{study_id}/echo"));
  EXPECT_EQ(governed.tracer.Find("echo.Echo")->Text("rpc.code"), "FAILED_PRECONDITION");
  EXPECT_FALSE(governed.tracer.Find("echo.Echo")->error);
  for (const auto& span : governed.tracer.entries()) EXPECT_FALSE(span.error) << span.name;
  governed.Echo(R"({"text":"hello","age":4,"behaviour":"throw"})");
  governed.AwaitSpan("/api/testing/studies/{study_id}/echo", 2);
  int failed = 0;
  for (const auto& span : governed.tracer.entries()) failed += span.error == Code::kInternal;
  EXPECT_EQ(failed, 2);
}

}  // namespace
}  // namespace vedette::rpc::testing
