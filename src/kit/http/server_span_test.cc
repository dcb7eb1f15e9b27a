// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "kit/http/gated_server.h"
#include "kit/testing/recording_tracer.h"

namespace vedette::http {
namespace {

TEST(ServerSpanTest, IsNamedByTheRouteAndChildOfTheCallers) {
  GatedServer server;
  RecordingTracer tracer;
  std::optional<TraceContext> seen;
  server.router.Add("GET", "/subjects/{id}", [&](Request request) {
    seen = request.trace;
    return AnswerText("x");
  });
  server.server = std::make_unique<Server>(server.options, server.router, server.runtime, Logger(),
                                           server.metrics, server.clock, &tracer);
  ASSERT_TRUE(server.server->Start());
  const auto parent =
      TraceContext::FromTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  ClientRequest request{.target = "/subjects/0815"};
  request.headers.Set("traceparent", parent->ToTraceparent());
  EXPECT_EQ(server.Fetch(request).status, 200);
  EXPECT_EQ(server.Fetch({.target = "/throws"}).status, 500);
  EXPECT_EQ(server.Fetch({.target = "/nowhere/0815"}).status, 404);
  server.Stop();
  const auto span = tracer.Find("/subjects/{id}");
  ASSERT_TRUE(span);
  EXPECT_EQ(span->kind, SpanKind::kServer);
  EXPECT_EQ(span->context.trace_id, parent->trace_id);
  EXPECT_EQ(span->parent_span_id, parent->span_id);
  EXPECT_EQ(span->context.span_id, seen->span_id);
  EXPECT_EQ(span->Text("http.request.method"), "GET");
  EXPECT_EQ(std::get<std::int64_t>(span->attributes.at("http.response.status_code")), 200);
  EXPECT_FALSE(span->error);
  EXPECT_EQ(tracer.Find("/throws")->error, Code::kInternal);
  ASSERT_TRUE(tracer.Find("(none)"));
  EXPECT_FALSE(tracer.Find("(none)")->error);
}

class DecliningTracer final : public Tracer {
 public:
  Span Start(std::string_view name, SpanKind kind, const TraceContext& parent) override {
    return inner_.Start(name, kind, parent);
  }
  TraceContext Admit(const TraceContext& strange) override {
    TraceContext admitted = strange;
    admitted.sampled = false;
    return admitted;
  }

 private:
  RecordingTracer inner_;
};

TEST(ServerSpanTest, TheTracerDecidesWhatAStrangersFlagIsWorth) {
  TestServer server;
  DecliningTracer tracer;
  std::optional<TraceContext> seen;
  server.router.Add("GET", "/seen", [&](Request request) {
    seen = request.trace;
    return AnswerText("x");
  });
  server.server = std::make_unique<Server>(server.options, server.router, server.runtime, Logger(),
                                           server.metrics, server.clock, &tracer);
  ASSERT_TRUE(server.server->Start());
  ClientRequest request{.target = "/seen"};
  request.headers.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  EXPECT_EQ(server.Fetch(request).status, 200);
  server.Stop();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->TraceIdHex(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_FALSE(seen->sampled);
}

}  // namespace
}  // namespace vedette::http
