// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/grpc_call.h"

#include <google/protobuf/message.h>

#include <utility>

#include "kit/rpc/caller.h"
#include "kit/rpc/grpc_buffer.h"
#include "kit/rpc/grpc_status.h"

namespace vedette::rpc {

GrpcCall::GrpcCall(const Operation& operation, void* api, Arrived arrived)
    : operation_(operation), api_(api), arrived_(std::move(arrived)) {
  if (operation.info->streams) {
    writer_.emplace(&context_);
  } else {
    unary_.emplace(&context_);
  }
  arrived_tag_.call = this;
  done_tag_.call = this;
  written_tag_.call = this;
  finished_tag_.call = this;
}

void* GrpcCall::Arm() {
  self_ = shared_from_this();
  context_.AsyncNotifyWhenDone(done_tag_.HandOver());
  return arrived_tag_.HandOver();
}

grpc::internal::ServerAsyncStreamingInterface* GrpcCall::stream() {
  if (writer_) return &*writer_;
  return &*unary_;
}

void GrpcCall::OnArrived(bool ok) {
  std::shared_ptr<GrpcCall> self;
  {
    const std::lock_guard lock(mutex_);
    // A call that never began is never done either.
    outstanding_ = ok ? 2 : 0;
    self = ok ? self_ : std::exchange(self_, nullptr);
  }
  // `self` is the last to let go of the call, and of the function that runs here.
  arrived_(self, ok);
}

void GrpcCall::OnDone() {
  bool gone = false;
  {
    const std::lock_guard lock(mutex_);
    gone = gone_ = context_.IsCancelled();
  }
  if (gone) canceller_.Cancel();
  Release();
}

void GrpcCall::Release() {
  std::shared_ptr<GrpcCall> self;
  const std::lock_guard lock(mutex_);
  if (--outstanding_ == 0) self = std::exchange(self_, nullptr);
  // `self` outlives the lock: it is destroyed after it, being declared before it.
}

CallContext GrpcCall::ReadContext(const Clock& clock) const {
  CallContext context;
  const gpr_timespec deadline = context_.raw_deadline();
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) != 0) {
    const gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
    // A client may ask for any time; more than a day is no deadline.
    if (left.tv_sec < 86'400) {
      context.deadline = Deadline::After(
          clock, std::chrono::seconds(left.tv_sec) + std::chrono::nanoseconds(left.tv_nsec));
    }
  }
  if (const auto header = Metadata("traceparent")) {
    if (auto trace = TraceContext::FromTraceparent(*header)) context.trace = *trace;
  }
  return context;
}

std::optional<std::string> GrpcCall::Metadata(const char* key) const {
  const auto found = context_.client_metadata().find(key);
  if (found == context_.client_metadata().end()) return std::nullopt;
  return std::string(found->second.data(), found->second.size());
}

template <class Begin>
Task<bool> GrpcCall::Run(Begin begin) {
  const Signal written;
  {
    const std::lock_guard lock(mutex_);
    if (gone_ || finishing_ || writing_) co_return false;
    writing_ = true;
    written_ = written;
    begin(written_tag_.HandOver());
  }
  if (!co_await written.Wait()) co_return false;
  const std::lock_guard lock(mutex_);
  co_return write_ok_ && !gone_;
}

Task<bool> GrpcCall::Accept() {
  context_.AddInitialMetadata(kAcceptedKey, "1");
  co_return co_await Run([this](void* tag) { writer_->SendInitialMetadata(tag); });
}

Task<bool> GrpcCall::Write(grpc::ByteBuffer message) {
  co_return co_await Run([this, &message](void* tag) { writer_->Write(message, tag); });
}

void GrpcCall::OnWritten(bool ok) {
  std::optional<Signal> written;
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    write_ok_ = ok;
    written = std::exchange(written_, std::nullopt);
    // The answer waited for the message before it.
    if (finishing_) FinishNow();
  }
  if (written) written->Set();
}

void GrpcCall::Succeed(const Message* response) {
  Finish(grpc::Status::OK,
         response == nullptr ? std::nullopt : std::optional(Serialize(*response)));
}

void GrpcCall::Fail(const Error& error) {
  const CodeEntry& entry = Describe(error.code);
  {
    const std::lock_guard lock(mutex_);
    if (finishing_) return;
    context_.AddTrailingMetadata(kCodeKey, std::string(entry.name));
    context_.AddTrailingMetadata(kDetailsKey, EncodeDetails(error));
  }
  Finish(grpc::Status(static_cast<grpc::StatusCode>(entry.grpc_status), error.message),
         std::nullopt);
}

void GrpcCall::Finish(grpc::Status status, std::optional<grpc::ByteBuffer> response) {
  const std::lock_guard lock(mutex_);
  if (finishing_) return;
  finishing_ = true;
  status_ = std::move(status);
  response_ = std::move(response);
  if (!writing_) FinishNow();
}

void GrpcCall::FinishNow() {
  void* const tag = finished_tag_.HandOver();
  if (writer_) {
    writer_->Finish(status_, tag);
  } else if (status_.ok()) {
    unary_->Finish(*response_, status_, tag);
  } else {
    unary_->FinishWithError(status_, tag);
  }
}

namespace {

class GrpcSink final : public MessageSink {
 public:
  explicit GrpcSink(GrpcCall& call) : call_(call) {}
  Task<bool> Accept() override { return call_.Accept(); }
  Task<bool> Write(Message& message) override { return call_.Write(Serialize(message)); }

 private:
  GrpcCall& call_;
};

}  // namespace

Task<void> Serve(std::shared_ptr<GrpcCall> call, Authenticator& authenticator, const Clock& clock) {
  const Operation& operation = call->operation();
  CallContext context = call->ReadContext(clock);
  if (Status known = co_await IdentifyCaller(authenticator, *operation.info,
                                             call->Metadata("authorization"), context);
      !known) {
    call->Fail(known.error());
    co_return;
  }
  std::unique_ptr<Message> request(operation.request().New());
  if (!Parse(call->request(), *request)) {
    call->Fail({Code::kInvalidArgument, "The request is not readable as its message type."});
    co_return;
  }
  if (operation.stream != nullptr) {
    GrpcSink sink(*call);
    const Status status =
        co_await operation.stream(call->api(), std::move(context), std::move(request), sink);
    status ? call->Succeed(nullptr) : call->Fail(status.error());
    co_return;
  }
  const Result<std::unique_ptr<Message>> response =
      co_await operation.call(call->api(), std::move(context), std::move(request));
  response ? call->Succeed(response->get()) : call->Fail(response.error());
}

}  // namespace vedette::rpc
