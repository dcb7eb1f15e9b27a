// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/result.h"
#include "kit/rpc/channel.h"
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
  grpc::ClientContext& context() { return context_; }

  void Start(grpc::GenericStub& stub,
             const std::string& path,
             const grpc::ByteBuffer& request,
             grpc::CompletionQueue& queue);

  const Signal& done() const { return done_; }
  // After done.
  const grpc::Status& status() const { return status_; }
  grpc::ByteBuffer& response() { return response_; }

 private:
  void Complete(bool ok) override;

  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader_;
  grpc::ByteBuffer response_;
  grpc::Status status_;
  Signal done_;
  std::shared_ptr<UnaryCall> self_;
};

// The gRPC side of one stream: one operation at a time.
class StreamCall final : public Tag, public std::enable_shared_from_this<StreamCall> {
 public:
  explicit StreamCall(std::string service) : service_(std::move(service)) {}

  grpc::ClientContext& context() { return context_; }

  // Sends the request; false when the call ended first. Finish knows why.
  Task<bool> Start(grpc::GenericStub& stub,
                   std::string path,
                   grpc::ByteBuffer request,
                   grpc::CompletionQueue& queue);
  // Waits until the other side said that the call passed its checks; false when it did not.
  Task<bool> Accepted();
  Task<bool> Read(Message& message);
  Task<Status> Finish();

 private:
  void Complete(bool ok) override;
  // Waits for the operation that `begin` starts.
  template <class Begin>
  Task<bool> Run(Begin begin);

  const std::string service_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::ByteBuffer message_;
  grpc::Status status_;
  bool ok_ = false;
  bool unreadable_ = false;
  // An operation given up by a cancelled task is still under way; no other may begin.
  std::atomic<bool> pending_ = false;
  Signal done_;
  std::shared_ptr<StreamCall> self_;
};

}  // namespace vedette::rpc
