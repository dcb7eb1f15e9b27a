// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "kit/http/message.h"
#include "kit/rpc/json.h"
#include "kit/rpc/operation.h"
#include "kit/task/signal.h"
#include "kit/task/spawn.h"

namespace google::protobuf {
class FieldDescriptor;
}  // namespace google::protobuf

namespace vedette::rpc {

// The streams under way, so that stopping can end them and wait. Thread-safe.
class StreamRegistry {
 public:
  using Ticket = std::list<Canceller>::iterator;

  // nullopt once stopped.
  std::optional<Ticket> Enter(const Canceller& canceller);
  void Leave(Ticket ticket);
  // Cancels all and waits until they have ended. At most one waiter.
  Task<void> Stop();

 private:
  std::mutex mutex_;
  bool stopped_ = false;
  std::list<Canceller> running_;
  Signal empty_;
};

// How the items of an operation look as server-sent events.
struct EventFormat {
  std::string name;  // "alert"
  const JsonCodec::Plan* plan;
  const google::protobuf::FieldDescriptor* sequence = nullptr;  // the event's id
};

EventFormat MakeEventFormat(const JsonCodec::Plan& plan, const Message& item);

// A stream of events, or the error that kept it from beginning.
struct StreamAnswer {
  http::Response response;
  std::optional<Error> error;
};

// Calls a streaming operation on the caller's executor and answers when it is known whether the
// call passes its checks: with an error, or with a stream of events. An error after that is the
// event "error" with the problem as data. The items cross one at a time, so a slow client slows the
// operation; a client that leaves cancels it.
Task<StreamAnswer> CallStream(const Operation& operation,
                              void* api,
                              CallContext context,
                              std::unique_ptr<Message> request,
                              const EventFormat& format,
                              std::shared_ptr<StreamRegistry> registry);

}  // namespace vedette::rpc
