// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <optional>

#include "kit/rpc/testing/certificate.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/otlp/otlp_tracer.h"
#include "kit/testing/otlp_receiver.h"
#include "kit/testing/temp_dir.h"

namespace vedette {
namespace {

// A tracer that exports to a real receiver over gRPC.
class OtlpGrpcTest : public testing::Test {
 protected:
  OtlpTracer& Make(TelemetryOptions options) {
    auto exporter = MakeGrpcSpanExporter(options, clock_);
    EXPECT_TRUE(exporter);
    tracer_.emplace(std::move(options), TelemetryResource{"vedette", "0.1", "here"},
                    OtlpTracerDependencies{std::move(*exporter), clock_, random_, metrics_, {}});
    return *tracer_;
  }

  bool Flush(int seconds = 30) {
    return Await<bool>(runtime_, [&] {
      return tracer_->Flush(Deadline::After(clock_, std::chrono::seconds(seconds)));
    });
  }

  SystemClock clock_;
  SystemRandom random_;
  MetricsRegistry metrics_;
  Runtime runtime_{1};
  std::optional<OtlpTracer> tracer_;
};

TEST_F(OtlpGrpcTest, ATraceArrivesWithItsParentsAndAttributes) {
  const OtlpReceiver receiver;
  OtlpTracer& tracer = Make({.endpoint = receiver.address()});
  TraceContext browser = TraceContext().Child();
  {
    const Span edge = tracer.Start("GET /trial/{id}", SpanKind::kServer, browser);
    Span call = tracer.Start("trial.GetStudy", SpanKind::kClient, edge.context());
    call.Set("rpc.method", "GetStudy");
    call.Fail(Code::kUnavailable);
  }
  ASSERT_TRUE(Flush());
  const auto spans = receiver.spans();
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].name, "trial.GetStudy");
  EXPECT_EQ(spans[0].kind, 3);
  EXPECT_EQ(spans[1].name, "GET /trial/{id}");
  EXPECT_EQ(spans[1].kind, 2);
  EXPECT_EQ(spans[1].context.trace_id, browser.trace_id);
  EXPECT_EQ(spans[1].parent_span_id, browser.span_id);
  EXPECT_EQ(spans[0].context.trace_id, browser.trace_id);
  EXPECT_EQ(spans[0].parent_span_id, spans[1].context.span_id);
  EXPECT_EQ(spans[0].attributes.at("rpc.method"), "GetStudy");
  EXPECT_EQ(spans[0].attributes.at("error.type"), "UNAVAILABLE");
  EXPECT_TRUE(spans[0].is_error);
  EXPECT_FALSE(spans[1].is_error);
  EXPECT_GE(spans[1].end_nanos, spans[0].end_nanos);
  EXPECT_EQ(spans[0].resource.at("service.name"), "vedette");
  EXPECT_EQ(spans[0].resource.at("service.version"), "0.1");
  EXPECT_EQ(spans[0].resource.at("service.instance.id"), "here");
}

TEST_F(OtlpGrpcTest, TheReceiverGoesAwayAndComesBack) {
  auto receiver = std::make_unique<OtlpReceiver>();
  const int port = receiver->port();
  OtlpTracer& tracer = Make({.endpoint = receiver->address(), .queue_limit = 16, .batch_size = 8});
  tracer.Start("before", SpanKind::kInternal, {});
  ASSERT_TRUE(Flush());
  EXPECT_EQ(receiver->spans().size(), 1U);
  receiver.reset();

  // More than the queue and the message under way can hold.
  for (int i = 0; i < 100; ++i) tracer.Start("meanwhile", SpanKind::kInternal, {});
  EXPECT_GE(tracer.Read().dropped_queue_full, 100U - 16U - 8U);

  receiver = std::make_unique<OtlpReceiver>(port);
  tracer.Start("after", SpanKind::kInternal, {});
  ASSERT_TRUE(Flush());
  const auto snapshot = tracer.Read();
  EXPECT_TRUE(snapshot.connected);
  EXPECT_EQ(snapshot.dropped_undelivered, 0U);
  EXPECT_EQ(snapshot.exported, 1 + receiver->spans().size());
  EXPECT_EQ(snapshot.exported + snapshot.dropped_queue_full, 102U);
  EXPECT_GE(receiver->spans().size(), 16U);
}

TEST_F(OtlpGrpcTest, StatusesThatMayPassAreTriedAgain) {
  OtlpReceiver receiver;
  OtlpTracer& tracer = Make({.endpoint = receiver.address()});
  receiver.FailNext(1, 10);  // ABORTED
  tracer.Start("a", SpanKind::kInternal, {});
  ASSERT_TRUE(Flush());
  EXPECT_EQ(receiver.spans().size(), 1U);

  receiver.FailNext(1, 8, 5);  // RESOURCE_EXHAUSTED, come back
  tracer.Start("b", SpanKind::kInternal, {});
  ASSERT_TRUE(Flush());
  EXPECT_EQ(receiver.spans().size(), 2U);

  receiver.FailNext(1, 8);  // RESOURCE_EXHAUSTED, for good
  tracer.Start("c", SpanKind::kInternal, {});
  ASSERT_TRUE(Flush());
  receiver.FailNext(1, 3);  // INVALID_ARGUMENT
  tracer.Start("d", SpanKind::kInternal, {});
  ASSERT_TRUE(Flush());
  EXPECT_EQ(receiver.spans().size(), 2U);
  EXPECT_EQ(tracer.Read().dropped_undelivered, 2U);
}

TEST_F(OtlpGrpcTest, RefusedSpansAreCounted) {
  OtlpReceiver receiver;
  receiver.RefuseSpans(1);
  OtlpTracer& tracer = Make({.endpoint = receiver.address()});
  tracer.Start("a", SpanKind::kInternal, {});
  ASSERT_TRUE(Flush());
  EXPECT_EQ(tracer.Read().refused, 1U);
  EXPECT_EQ(tracer.Read().exported, 0U);
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(OtlpGrpcTest, TlsChecksTheReceiver) {
  const testkit::TempDir folder;
  const std::string key = (folder.path() / "key.pem").string();
  const std::string cert = (folder.path() / "cert.pem").string();
  const std::string other_key = (folder.path() / "other_key.pem").string();
  const std::string other_cert = (folder.path() / "other_cert.pem").string();
  ASSERT_TRUE(rpc::testing::WriteCertificate(key, cert));
  ASSERT_TRUE(rpc::testing::WriteCertificate(other_key, other_cert));
  const OtlpReceiver receiver(0, ReadAll(cert), ReadAll(key));
  TelemetryOptions options{.endpoint = receiver.address(),
                           .retry_for = std::chrono::milliseconds(0),
                           .tls = true,
                           .ca_file = cert,
                           .server_name = "localhost"};
  Make(options).Start("trusted", SpanKind::kInternal, {});
  ASSERT_TRUE(Flush());
  EXPECT_EQ(receiver.spans().size(), 1U);

  options.ca_file = other_cert;
  Make(options).Start("untrusted", SpanKind::kInternal, {});
  ASSERT_TRUE(Flush());
  EXPECT_EQ(receiver.spans().size(), 1U);

  options.ca_file = "/nowhere/ca.pem";
  EXPECT_FALSE(MakeGrpcSpanExporter(options, clock_));
}

TEST_F(OtlpGrpcTest, AnEndpointIsNeeded) { EXPECT_FALSE(MakeGrpcSpanExporter({}, clock_)); }

}  // namespace
}  // namespace vedette
