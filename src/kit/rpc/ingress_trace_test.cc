// SPDX-License-Identifier: Apache-2.0
//
// The spans, slow operations and exemplars that a call through the chain leaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/rpc/testing/governed.h"

namespace vedette::rpc::testing {
namespace {

using ::testing::HasSubstr;

TEST(IngressTraceTest, SpansHangTogetherFromTheClientToTheService) {
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

TEST(IngressTraceTest, SlowCallsAndExemplarsNameTheCallsTrace) {
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

TEST(IngressTraceTest, ASpanFailsByOurFaultOnly) {
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
