// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "kit/auth/authenticator.h"
#include "kit/rpc/operation.h"
#include "kit/rpc/tag.h"
#include "kit/task/signal.h"
#include "kit/task/spawn.h"
#include "kit/telemetry/tracer.h"

namespace vedette::rpc {

class Entrance;
class PartnerSignatures;

// The gRPC side of one call: what was asked, and the operations on the completion queue that answer
// it. Keeps itself alive while the queue may still name it.
//
// Life: armed (waits for a client) → arrived → serving (a coroutine) → finished. The queue reports
// "done" for every call that arrived, whether answered or given up.
class GrpcCall : public std::enable_shared_from_this<GrpcCall> {
 public:
  // `arrived` runs on the poller's thread, with false when the server stops instead.
  using Arrived = std::function<void(std::shared_ptr<GrpcCall>, bool ok)>;

  GrpcCall(const Operation& operation, void* api, Arrived arrived);

  const Operation& operation() const { return operation_; }
  void* api() const { return api_; }
  grpc::ServerContext& context() { return context_; }
  grpc::ByteBuffer& request() { return request_; }
  Canceller& canceller() { return canceller_; }

  // For the request to the completion queue, which holds the call from here on.
  void* Arm();
  grpc::internal::ServerAsyncStreamingInterface* stream();

  // What the client sent, as the call's context: deadline and trace.
  CallContext ReadContext(const Clock& clock) const;
  std::optional<std::string> Metadata(const char* key) const;

  // Tells the client that messages may come. As Write.
  Task<bool> Accept();
  // One at a time, and before the answer. False once the client is gone.
  Task<bool> Write(grpc::ByteBuffer message);

  // Goes out with the answer; before it, by who serves.
  void AddTrailer(const std::string& key, const std::string& value);

  // Answers; at most the first has an effect.
  void Succeed(const Message* response);  // null for a stream
  void Fail(const Error& error);

 private:
  struct ArrivedTag final : Tag {
    GrpcCall* call;
    void Complete(bool ok) override { call->OnArrived(ok); }
  };
  struct DoneTag final : Tag {
    GrpcCall* call;
    void Complete(bool) override { call->OnDone(); }
  };
  struct WrittenTag final : Tag {
    GrpcCall* call;
    void Complete(bool ok) override { call->OnWritten(ok); }
  };
  struct FinishedTag final : Tag {
    GrpcCall* call;
    void Complete(bool) override { call->Release(); }
  };

  // Waits for the operation on writer_ that `begin` starts.
  template <class Begin>
  Task<bool> Run(Begin begin);
  void OnArrived(bool ok);
  void OnDone();
  void OnWritten(bool ok);
  // With the mutex held.
  void Finish(grpc::Status status, std::optional<grpc::ByteBuffer> response);
  void FinishNow();
  void Release();

  const Operation& operation_;
  void* api_;
  Arrived arrived_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  std::optional<grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>> unary_;
  std::optional<grpc::ServerAsyncWriter<grpc::ByteBuffer>> writer_;
  Canceller canceller_;

  ArrivedTag arrived_tag_;
  DoneTag done_tag_;
  WrittenTag written_tag_;
  FinishedTag finished_tag_;

  std::mutex mutex_;
  std::shared_ptr<GrpcCall> self_;
  int outstanding_ = 0;  // tags that keep the call alive: done and finished
  bool gone_ = false;    // the client left or the deadline passed
  bool writing_ = false;
  bool write_ok_ = false;
  bool finishing_ = false;
  std::optional<Signal> written_;
  grpc::Status status_;
  std::optional<grpc::ByteBuffer> response_;
};

// What serving needs; the references outlive the calls. Null: without it.
struct ServeDependencies {
  Authenticator& authenticator;
  const Clock& clock;
  Tracer* tracer = nullptr;
  const PartnerSignatures* partners = nullptr;
};

// Serves a call that arrived, to its end. `entrance` may be null; what it refuses costs little: the
// request is neither parsed nor its caller looked up.
Task<void> Serve(std::shared_ptr<GrpcCall> call,
                 Entrance* entrance,
                 const ServeDependencies& dependencies);

}  // namespace vedette::rpc
