// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/message.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <kit/telemetry/otlp/otlp.pb.h>

#include <algorithm>

#include "kit/task/signal.h"
#include "kit/telemetry/otlp/span_exporter.h"
#include "kit/tls/grpc_credentials.h"

namespace vedette {
namespace {

constexpr char kExport[] = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

// When the receiver wants to be asked again (google.rpc.RetryInfo in the status's details).
std::optional<std::chrono::milliseconds> ReadRetryDelay(const std::string& details) {
  otlp::FailureDetails failure;
  if (!failure.ParseFromString(details)) return std::nullopt;
  for (const otlp::TypedMessage& detail : failure.details()) {
    otlp::RetryInfo info;
    if (!detail.type_url().ends_with("/google.rpc.RetryInfo")) continue;
    if (!info.ParseFromString(detail.value())) continue;
    const std::int64_t seconds = std::clamp<std::int64_t>(info.retry_delay().seconds(), 0, 3600);
    return std::chrono::seconds(seconds) +
           std::chrono::milliseconds(std::max(0, info.retry_delay().nanos()) / 1'000'000);
  }
  return std::nullopt;
}

// The receiver's own text stays out: it may repeat what it was sent.
Error ErrorOf(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DATA_LOSS:
      return {Code::kUnavailable, "The receiver of traces cannot be reached."};
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return {Code::kDeadlineExceeded, "The receiver of traces did not answer in time."};
    case grpc::StatusCode::RESOURCE_EXHAUSTED: {
      Error error{Code::kResourceExhausted, "The receiver of traces has too much to do."};
      error.retry_after = ReadRetryDelay(status.error_details());
      return error;
    }
    default:
      return {CodeFromGrpc(status.error_code()), "The receiver of traces refused them."};
  }
}

// Kept by gRPC until the answer is there, even when nobody waits any more.
struct Call {
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
  grpc::Status status;
  Signal done;
};

// Ends the call over there when the task here ends first.
struct CancelOnExit {
  grpc::ClientContext& context;
  ~CancelOnExit() { context.TryCancel(); }
};

class GrpcSpanExporter final : public SpanExporter {
 public:
  GrpcSpanExporter(const std::shared_ptr<grpc::Channel>& channel, const Clock& clock)
      : stub_(channel), clock_(clock) {}

  Task<Result<std::int64_t>> Export(const otlp::ExportRequest& request,
                                    Deadline deadline) override {
    const auto call = std::make_shared<Call>();
    bool own = false;
    if (!grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(
             request, &call->request, &own)
             .ok()) {
      co_return Fail(Code::kInternal, "The traces cannot be written.");
    }
    if (deadline.IsSet()) {
      const std::chrono::nanoseconds left = deadline.time - clock_.SteadyNow();
      call->context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                              gpr_time_from_nanos(left.count(), GPR_TIMESPAN)));
    }
    const CancelOnExit cancel{call->context};
    stub_.UnaryCall(&call->context, kExport, grpc::StubOptions(), &call->request, &call->response,
                    [call](grpc::Status status) {
                      call->status = std::move(status);
                      call->done.Set();
                    });
    if (!co_await call->done.Wait()) co_return Fail(Code::kCancelled, "The caller left.");
    if (!call->status.ok()) co_return Fail(ErrorOf(call->status));
    otlp::ExportResponse response;
    if (!grpc::GenericDeserialize<grpc::ProtoBufferReader, google::protobuf::Message>(
             &call->response, &response)
             .ok()) {
      co_return Fail(Code::kInternal, "The receiver of traces sent an unreadable answer.");
    }
    co_return response.partial_success().rejected_spans();
  }

 private:
  grpc::GenericStub stub_;
  const Clock& clock_;
};

}  // namespace

Result<std::unique_ptr<SpanExporter>> MakeGrpcSpanExporter(const TelemetryOptions& options,
                                                           const Clock& clock) {
  if (options.endpoint.empty()) {
    return Fail(Code::kInvalidArgument, "The endpoint for traces is empty.");
  }
  VEDETTE_TRY(const auto credentials,
              tls::MakeChannelCredentials(options.tls,
                                          {options.ca_file, options.cert_file, options.key_file}));
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  if (!options.server_name.empty()) arguments.SetSslTargetNameOverride(options.server_name);
  return std::make_unique<GrpcSpanExporter>(
      grpc::CreateCustomChannel(options.endpoint, credentials, arguments), clock);
}

}  // namespace vedette
