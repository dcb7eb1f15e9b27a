// SPDX-License-Identifier: Apache-2.0
#include "kit/testing/otlp_receiver.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <kit/telemetry/otlp/otlp.pb.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

namespace vedette {
namespace {

constexpr std::string_view kExport = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

std::string TextOf(const otlp::AnyValue& value) {
  switch (value.value_case()) {
    case otlp::AnyValue::kStringValue:
      return value.string_value();
    case otlp::AnyValue::kIntValue:
      return std::to_string(value.int_value());
    case otlp::AnyValue::kBoolValue:
      return value.bool_value() ? "true" : "false";
    case otlp::AnyValue::kDoubleValue:
      return std::to_string(value.double_value());
    case otlp::AnyValue::VALUE_NOT_SET:
      break;
  }
  return {};
}

template <class Owner>
std::map<std::string, std::string> AttributesOf(const Owner& owner) {
  std::map<std::string, std::string> attributes;
  for (const otlp::KeyValue& each : owner.attributes()) {
    attributes[each.key()] = TextOf(each.value());
  }
  return attributes;
}

template <std::size_t kSize>
void CopyId(const std::string& bytes, std::array<std::uint8_t, kSize>& id) {
  std::copy_n(bytes.begin(), std::min(bytes.size(), kSize), id.begin());
}

OtlpReceiver::Span Decode(const otlp::SpanRecord& record) {
  OtlpReceiver::Span span;
  span.name = record.name();
  span.kind = record.kind();
  CopyId(record.trace_id(), span.context.trace_id);
  CopyId(record.span_id(), span.context.span_id);
  span.context.sampled = (record.flags() & 1) != 0;
  CopyId(record.parent_span_id(), span.parent_span_id);
  span.start_nanos = record.start_time_unix_nano();
  span.end_nanos = record.end_time_unix_nano();
  span.is_error = record.status().code() == otlp::SpanStatus::ERROR;
  span.attributes = AttributesOf(record);
  return span;
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok()) return {};
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

grpc::ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string RetryDetails(int delay_ms) {
  otlp::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(delay_ms / 1000);
  info.mutable_retry_delay()->set_nanos(delay_ms % 1000 * 1'000'000);
  otlp::FailureDetails details;
  otlp::TypedMessage& detail = *details.add_details();
  detail.set_type_url("type.googleapis.com/google.rpc.RetryInfo");
  detail.set_value(info.SerializeAsString());
  return details.SerializeAsString();
}

}  // namespace

struct OtlpReceiver::Impl final : grpc::CallbackGenericService {
  // One call: reads the message, answers, ends.
  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    Reactor(Impl& receiver, bool known) : receiver_(receiver) {
      if (known) {
        StartRead(&request_);
      } else {
        Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "no such method"));
      }
    }

    void OnReadDone(bool ok) override {
      if (!ok) return Finish(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no message"));
      std::string answer;
      const grpc::Status status = receiver_.Take(BytesOf(request_), answer);
      if (!status.ok()) return Finish(status);
      response_ = BufferOf(answer);
      StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
    }

    void OnDone() override { delete this; }

   private:
    Impl& receiver_;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer response_;
  };

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Reactor(*this, context->method() == kExport);
  }

  grpc::Status Take(const std::string& bytes, std::string& answer) {
    const std::scoped_lock lock(mutex);
    if (fail_next > 0) {
      --fail_next;
      return {static_cast<grpc::StatusCode>(fail_status), "told to fail",
              fail_delay_ms > 0 ? RetryDetails(fail_delay_ms) : std::string()};
    }
    otlp::ExportRequest request;
    if (!request.ParseFromString(bytes)) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "not an export request"};
    }
    ++messages;
    raw += bytes;
    for (const otlp::ResourceSpans& group : request.resource_spans()) {
      const auto resource = AttributesOf(group.resource());
      for (const otlp::ScopeSpans& scope : group.scope_spans()) {
        for (const otlp::SpanRecord& record : scope.spans()) {
          spans.push_back(Decode(record));
          spans.back().resource = resource;
        }
      }
    }
    otlp::ExportResponse response;
    if (refuse > 0) response.mutable_partial_success()->set_rejected_spans(refuse);
    answer = response.SerializeAsString();
    changed.notify_all();
    return grpc::Status::OK;
  }

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::vector<Span> spans;
  std::size_t messages = 0;
  std::string raw;
  int fail_next = 0;
  int fail_status = 0;
  int fail_delay_ms = 0;
  std::int64_t refuse = 0;
  int port = 0;
  std::unique_ptr<grpc::Server> server;
};

OtlpReceiver::OtlpReceiver(int port, std::string certificate, std::string key)
    : impl_(std::make_unique<Impl>()) {
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
  if (!certificate.empty()) {
    grpc::SslServerCredentialsOptions ssl;
    ssl.pem_key_cert_pairs.push_back({std::move(key), std::move(certificate)});
    credentials = grpc::SslServerCredentials(ssl);
  }
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port), credentials, &impl_->port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(-1);
  builder.RegisterCallbackGenericService(impl_.get());
  impl_->server = builder.BuildAndStart();
  if (impl_->server == nullptr || impl_->port == 0) {
    throw std::runtime_error("the receiver of traces cannot be served");
  }
}

OtlpReceiver::~OtlpReceiver() {
  impl_->server->Shutdown(std::chrono::system_clock::now());
  impl_->server->Wait();
}

int OtlpReceiver::port() const { return impl_->port; }
std::string OtlpReceiver::address() const { return "127.0.0.1:" + std::to_string(impl_->port); }

std::vector<OtlpReceiver::Span> OtlpReceiver::spans() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->spans;
}

std::size_t OtlpReceiver::messages() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->messages;
}

std::string OtlpReceiver::raw() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->raw;
}

bool OtlpReceiver::WaitFor(const std::function<bool(const std::vector<Span>&)>& condition,
                           int seconds) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, std::chrono::seconds(seconds),
                                 [&] { return condition(impl_->spans); });
}

bool OtlpReceiver::WaitForSpans(std::size_t count, int seconds) const {
  return WaitFor([count](const std::vector<Span>& spans) { return spans.size() >= count; },
                 seconds);
}

void OtlpReceiver::FailNext(int messages, int grpc_status, int retry_delay_ms) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->fail_next = messages;
  impl_->fail_status = grpc_status;
  impl_->fail_delay_ms = retry_delay_ms;
}

void OtlpReceiver::RefuseSpans(std::int64_t spans) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->refuse = spans;
}

}  // namespace vedette
