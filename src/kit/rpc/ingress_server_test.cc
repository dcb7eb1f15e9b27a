// SPDX-License-Identifier: Apache-2.0
//
// The whole chain as clients meet it: what is refused, and what counts against an operation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/rpc/testing/governed.h"

namespace vedette::rpc::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

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

}  // namespace
}  // namespace vedette::rpc::testing
