// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/client_call.h"

#include <google/protobuf/message.h>

#include <utility>

#include "kit/rpc/grpc_buffer.h"
#include "kit/rpc/grpc_status.h"

namespace vedette::rpc {
namespace {

std::string_view Trailer(const grpc::ClientContext& context, const char* key) {
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find(key);
  if (found == trailers.end()) return {};
  return {found->second.data(), found->second.size()};
}

}  // namespace

Error ErrorOf(const grpc::Status& status,
              const grpc::ClientContext& context,
              const std::string& service) {
  const std::string_view name = Trailer(context, kCodeKey);
  if (!name.empty()) {
    return DecodeError(status.error_code(), status.error_message(), name,
                       Trailer(context, kDetailsKey));
  }
  // Without our trailer the status is gRPC's own, and its text is about sockets.
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return {Code::kUnavailable, "The " + service + " service cannot be reached."};
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return {Code::kDeadlineExceeded, "The " + service + " service did not answer in time."};
    case grpc::StatusCode::CANCELLED:
      // Who cancels here does not wait for the status: it was the other side.
      return {Code::kUnavailable, "The " + service + " service broke the call off."};
    default:
      return {CodeFromGrpc(status.error_code()),
              "The " + service + " service answered: " + status.error_message()};
  }
}

void UnaryCall::Start(grpc::GenericStub& stub,
                      const std::string& path,
                      const grpc::ByteBuffer& request,
                      grpc::CompletionQueue& queue) {
  self_ = shared_from_this();
  reader_ = stub.PrepareUnaryCall(&context_, path, request, &queue);
  reader_->StartCall();
  reader_->Finish(&response_, &status_, HandOver());
}

void UnaryCall::Complete(bool) {
  const auto self = std::move(self_);
  ended_.store(true, std::memory_order_release);
  arrivals_->Add();
}

template <class Begin>
Task<bool> StreamCall::Run(Begin begin, SteadyTime until) {
  if (pending_.exchange(true)) co_return false;
  done_ = Signal();
  const Signal done = done_;
  self_ = shared_from_this();
  begin(HandOver());
  if (!co_await done.WaitUntil(until)) co_return false;
  co_return ok_;
}

void StreamCall::Complete(bool ok) {
  const auto self = std::move(self_);
  // Once nothing is pending, another thread may begin the next operation.
  const Signal done = done_;
  ok_ = ok;
  pending_ = false;
  done.Set();
}

Task<bool> StreamCall::Start(grpc::GenericStub& stub,
                             std::string path,
                             grpc::ByteBuffer request,
                             grpc::CompletionQueue& queue,
                             SteadyTime until) {
  stream_ = stub.PrepareCall(&context_, path, &queue);
  if (!co_await Run([this](void* tag) { stream_->StartCall(tag); }, until)) co_return false;
  co_return co_await Run(
      [this, &request](void* tag) { stream_->WriteLast(request, grpc::WriteOptions(), tag); },
      until);
}

Task<bool> StreamCall::Accepted(SteadyTime until) {
  if (!co_await Run([this](void* tag) { stream_->ReadInitialMetadata(tag); }, until)) {
    co_return false;
  }
  co_return context_.GetServerInitialMetadata().contains(kAcceptedKey);
}

Task<bool> StreamCall::Prefetch() {
  prefetched_ = co_await Run([this](void* tag) { stream_->Read(&message_, tag); });
  co_return prefetched_;
}

Task<bool> StreamCall::Read(Message& message) {
  if (!std::exchange(prefetched_, false)) {
    if (!co_await Run([this](void* tag) { stream_->Read(&message_, tag); })) co_return false;
  }
  unreadable_ = !Parse(message_, message);
  co_return !unreadable_;
}

Task<Status> StreamCall::Finish() {
  if (unreadable_) {
    context_.TryCancel();
    co_return Fail(Code::kInternal, "The " + service_ + " service sent an unreadable message.");
  }
  if (!co_await Run([this](void* tag) { stream_->Finish(&status_, tag); })) {
    co_return Fail(Code::kCancelled, "The caller left.");
  }
  if (status_.ok()) co_return Status();
  co_return Fail(ErrorOf(status_, context_, service_));
}

}  // namespace vedette::rpc
