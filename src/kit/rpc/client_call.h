// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kit/rpc/arrivals.h"
#include "kit/rpc/operation.h"
#include "kit/rpc/tag.h"
#include "kit/task/signal.h"

namespace vedette::rpc {

// The error of a call that ended so; `service` is for people.
Error ErrorOf(const grpc::Status& status,
              const grpc::ClientContext& context,
              const std::string& service);

// The gRPC side of one unary call. The queue holds it until the answer is there, even when nobody
// waits any more.
class UnaryCall final : public Tag, public std::enable_shared_from_this<UnaryCall> {
 public:
  explicit UnaryCall(std::shared_ptr<Arrivals> arrivals) : arrivals_(std::move(arrivals)) {}

  grpc::ClientContext& context() { return context_; }

  void Start(grpc::GenericStub& stub,
             const std::string& path,
             const grpc::ByteBuffer& request,
             grpc::CompletionQueue& queue);

  bool ended() const { return ended_.load(std::memory_order_acquire); }
  // Once it has ended.
  const grpc::Status& status() const { return status_; }
  grpc::ByteBuffer& response() { return response_; }

 private:
  void Complete(bool ok) override;

  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader_;
  grpc::ByteBuffer response_;
  grpc::Status status_;
  std::atomic<bool> ended_ = false;
  const std::shared_ptr<Arrivals> arrivals_;
  std::shared_ptr<UnaryCall> self_;
};

// The gRPC side of one stream: one operation at a time.
class StreamCall final : public Tag, public std::enable_shared_from_this<StreamCall> {
 public:
  explicit StreamCall(std::string service) : service_(std::move(service)) {}

  grpc::ClientContext& context() { return context_; }

  // Sends the request; false when the call ended first, and Finish knows why, or at `until`.
  Task<bool> Start(grpc::GenericStub& stub,
                   std::string path,
                   grpc::ByteBuffer request,
                   grpc::CompletionQueue& queue,
                   SteadyTime until);
  // Waits until the other side said that the call passed its checks; false when it did not, or not
  // before `until`.
  Task<bool> Accepted(SteadyTime until);
  // Waits for the first message, which Read then gives; false when there is none.
  Task<bool> Prefetch();
  Task<bool> Read(Message& message);
  Task<Status> Finish();
  // Whether an operation was given up and is still under way: nothing more can be asked of it then.
  bool busy() const { return pending_; }
  // After Finish.
  const grpc::Status& status() const { return status_; }

 private:
  void Complete(bool ok) override;
  // Waits for the operation that `begin` starts, but not beyond `until`.
  template <class Begin>
  Task<bool> Run(Begin begin, SteadyTime until = SteadyTime::max());

  const std::string service_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::ByteBuffer message_;
  grpc::Status status_;
  bool ok_ = false;
  bool unreadable_ = false;
  bool prefetched_ = false;
  // An operation given up by a cancelled task is still under way; no other may begin.
  std::atomic<bool> pending_ = false;
  Signal done_;
  std::shared_ptr<StreamCall> self_;
};

}  // namespace vedette::rpc
