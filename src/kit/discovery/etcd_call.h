// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "kit/task/signal.h"
#include "kit/task/task.h"

namespace vedette::discovery {

using Message = google::protobuf::Message;

// The completion queue of a client and the thread that empties it.
class EtcdQueue {
 public:
  EtcdQueue();
  ~EtcdQueue();  // waits for what is under way
  grpc::CompletionQueue& queue() { return queue_; }

 private:
  grpc::CompletionQueue queue_;
  std::thread thread_;
};

// What the queue hands back. It keeps itself until then, also when nobody waits any more.
class EtcdOperation {
 public:
  virtual ~EtcdOperation() = default;
  virtual void Complete(bool ok) = 0;

  // As an operation's last argument. The queue orders what this thread wrote before Complete; the
  // atomic states it where a sanitizer can follow.
  void* HandOver() {
    handed_over_.store(true, std::memory_order_release);
    return this;
  }
  void TakeBack(bool ok) {
    (void)handed_over_.load(std::memory_order_acquire);
    Complete(ok);
  }

 private:
  std::atomic<bool> handed_over_ = false;
};

// The error of a call that ended so.
Error EtcdErrorOf(const grpc::Status& status);

// One request, one answer. An empty token is not sent. `request` and `response` outlive the task.
Task<Status> EtcdUnary(grpc::GenericStub& stub,
                       grpc::CompletionQueue& queue,
                       std::string path,
                       std::string token,
                       SteadyTime deadline,
                       const Message& request,
                       Message& response);

// A stream on which each side sends messages; one operation at a time. Destroying it ends the call.
class EtcdStream {
 public:
  EtcdStream();
  ~EtcdStream();
  EtcdStream(const EtcdStream&) = delete;
  EtcdStream& operator=(const EtcdStream&) = delete;

  // Each ends the call when it is not done by its deadline: kDeadlineExceeded. `message` outlives
  // the task.
  Task<Status> Start(grpc::GenericStub& stub,
                     grpc::CompletionQueue& queue,
                     std::string path,
                     std::string token,
                     SteadyTime deadline);
  Task<Status> Write(const Message& message, SteadyTime deadline);
  Task<Status> Read(Message& message, SteadyTime deadline);
  // As Read, but the call goes on when nothing came by `until`: false. What comes later is for the
  // next read.
  Task<Result<bool>> ReadUntil(Message& message, SteadyTime until);

 private:
  class Call;
  std::shared_ptr<Call> call_;
  bool reading_ = false;  // a read is under way that ReadUntil began
};

}  // namespace vedette::discovery
