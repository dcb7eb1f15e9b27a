// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_call.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <utility>

namespace vedette::discovery {
namespace {

grpc::ByteBuffer Serialize(const Message& message) {
  grpc::ByteBuffer buffer;
  bool own = false;
  if (!grpc::GenericSerialize<grpc::ProtoBufferWriter, Message>(message, &buffer, &own).ok()) {
    throw std::length_error("a message to etcd could not be serialized");
  }
  return buffer;
}

bool Parse(grpc::ByteBuffer& buffer, Message& message) {
  return grpc::GenericDeserialize<grpc::ProtoBufferReader, Message>(&buffer, &message).ok();
}

void SetDeadline(grpc::ClientContext& context, SteadyTime deadline) {
  const auto left = std::chrono::nanoseconds(deadline - SystemClock().SteadyNow());
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                   gpr_time_from_nanos(std::max<std::int64_t>(0, left.count()), GPR_TIMESPAN)));
}

const Error kUnreadable{Code::kInternal, "etcd sent an unreadable answer."};
const Error kCallerLeft{Code::kCancelled, "The caller left."};

class UnaryCall final : public EtcdOperation, public std::enable_shared_from_this<UnaryCall> {
 public:
  void Start(grpc::GenericStub& stub,
             grpc::CompletionQueue& queue,
             const std::string& path,
             const Message& request) {
    self_ = shared_from_this();
    reader_ = stub.PrepareUnaryCall(&context, path, Serialize(request), &queue);
    reader_->StartCall();
    reader_->Finish(&response, &status, HandOver());
  }
  void Complete(bool) override {
    const auto self = std::move(self_);
    done.Set();
  }

  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  Signal done;

 private:
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader_;
  std::shared_ptr<UnaryCall> self_;
};

}  // namespace

EtcdQueue::EtcdQueue()
    : thread_([this] {
        void* tag = nullptr;
        bool ok = false;
        while (queue_.Next(&tag, &ok)) static_cast<EtcdOperation*>(tag)->TakeBack(ok);
      }) {}

EtcdQueue::~EtcdQueue() {
  queue_.Shutdown();
  thread_.join();
}

Error EtcdErrorOf(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:  // who cancels here does not wait for the status
      return {Code::kUnavailable, "etcd cannot be reached."};
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return {Code::kDeadlineExceeded, "etcd did not answer in time."};
    case grpc::StatusCode::NOT_FOUND:
      return {Code::kNotFound, "etcd does not have it."};
    case grpc::StatusCode::OUT_OF_RANGE:
      return {Code::kConflict, "etcd has forgotten this revision."};
    case grpc::StatusCode::UNAUTHENTICATED:
      return {Code::kUnauthenticated, "etcd does not accept the credential."};
    case grpc::StatusCode::PERMISSION_DENIED:
      return {Code::kPermissionDenied, "The etcd user may not do this."};
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return {Code::kResourceExhausted, "etcd has no room or too much to do."};
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::FAILED_PRECONDITION:
      return {Code::kFailedPrecondition, "etcd refused the call."};
    default:
      return {Code::kInternal, "etcd failed."};
  }
}

Task<Status> EtcdUnary(grpc::GenericStub& stub,
                       grpc::CompletionQueue& queue,
                       std::string path,
                       std::string token,
                       SteadyTime deadline,
                       const Message& request,
                       Message& response) {
  const auto call = std::make_shared<UnaryCall>();
  if (!token.empty()) call->context.AddMetadata("token", token);
  SetDeadline(call->context, deadline);
  call->Start(stub, queue, path, request);
  if (!co_await call->done.Wait()) {
    call->context.TryCancel();
    co_return Fail(kCallerLeft);
  }
  if (!call->status.ok()) co_return Fail(EtcdErrorOf(call->status));
  if (!Parse(call->response, response)) co_return Fail(kUnreadable);
  co_return Status();
}

class EtcdStream::Call final : public EtcdOperation, public std::enable_shared_from_this<Call> {
 public:
  // Begins the operation, unless the one that is under way is not yet done or was given up.
  bool Begin(std::move_only_function<void(void*)> begin) {
    if (std::exchange(busy_, true)) return false;
    done_ = Signal();
    self_ = shared_from_this();
    begin(HandOver());
    return true;
  }

  // Whether the operation is done by `until`; false also when the caller left.
  Task<bool> Wait(SteadyTime until) {
    const Signal done = done_;
    co_return co_await done.WaitUntil(until);
  }

  // Ends the call; what is under way stays so, and no other operation begins.
  Status GiveUp(SteadyTime deadline) {
    context.TryCancel();
    if (SystemClock().SteadyNow() < deadline) return Fail(kCallerLeft);
    return Fail(Code::kDeadlineExceeded, "etcd did not answer in time.");
  }

  // Of the operation that is done; asks for the call's status when it failed.
  Task<Status> Outcome() {
    busy_ = false;
    if (ok_) co_return Status();
    // After a failed operation the status is there or about to be: the call is over.
    Begin([this](void* tag) { stream->Finish(&status_, tag); });
    if (!co_await Wait(SteadyTime::max())) co_return GiveUp(SteadyTime::max());
    busy_ = false;
    if (status_.ok()) co_return Fail(Code::kUnavailable, "etcd ended the stream.");
    co_return Fail(EtcdErrorOf(status_));
  }

  Task<Status> Run(std::move_only_function<void(void*)> begin, SteadyTime deadline) {
    if (!Begin(std::move(begin))) co_return Fail(kCallerLeft);
    if (!co_await Wait(deadline)) co_return GiveUp(deadline);
    co_return co_await Outcome();
  }

  void Complete(bool ok) override {
    const auto self = std::move(self_);
    // Once it is set, another operation may begin.
    const Signal done = done_;
    ok_ = ok;
    done.Set();
  }

  grpc::ClientContext context;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream;
  grpc::ByteBuffer message;

 private:
  grpc::Status status_;
  bool ok_ = false;
  bool busy_ = false;  // of the coroutine that uses the stream alone
  Signal done_;
  std::shared_ptr<Call> self_;
};

EtcdStream::EtcdStream() : call_(std::make_shared<Call>()) {}
EtcdStream::~EtcdStream() { call_->context.TryCancel(); }

Task<Status> EtcdStream::Start(grpc::GenericStub& stub,
                               grpc::CompletionQueue& queue,
                               std::string path,
                               std::string token,
                               SteadyTime deadline) {
  if (!token.empty()) call_->context.AddMetadata("token", token);
  // A member cut off from the others would be silent; this makes it say so.
  call_->context.AddMetadata("hasleader", "true");
  call_->stream = stub.PrepareCall(&call_->context, path, &queue);
  co_return co_await call_->Run([this](void* tag) { call_->stream->StartCall(tag); }, deadline);
}

Task<Status> EtcdStream::Write(const Message& message, SteadyTime deadline) {
  co_return co_await call_->Run(
      [this, buffer = Serialize(message)](void* tag) { call_->stream->Write(buffer, tag); },
      deadline);
}

Task<Status> EtcdStream::Read(Message& message, SteadyTime deadline) {
  VEDETTE_CO_TRY(const bool came, co_await ReadUntil(message, deadline));
  if (!came) co_return call_->GiveUp(deadline);
  co_return Status();
}

Task<Result<bool>> EtcdStream::ReadUntil(Message& message, SteadyTime until) {
  if (!reading_) {
    reading_ = call_->Begin([this](void* tag) { call_->stream->Read(&call_->message, tag); });
    if (!reading_) co_return Fail(kCallerLeft);
  }
  if (!co_await call_->Wait(until)) {
    if (SystemClock().SteadyNow() >= until) co_return false;
    co_return Fail(call_->GiveUp(until).error());
  }
  reading_ = false;
  VEDETTE_CO_CHECK_OK(co_await call_->Outcome());
  if (!Parse(call_->message, message)) co_return Fail(kUnreadable);
  co_return true;
}

}  // namespace vedette::discovery
