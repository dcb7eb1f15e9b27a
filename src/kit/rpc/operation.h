// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "kit/limit/rate_class.h"
#include "kit/rpc/call_context.h"
#include "kit/task/task.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace vedette::rpc {

using Message = google::protobuf::Message;

// What a contract says about one operation. Generated, constant.
struct MethodInfo {
  std::string_view service;      // "vedette.trial.v1.TrialService"
  std::string_view name;         // "GetStudy"
  std::string_view path;         // "/vedette.trial.v1.TrialService/GetStudy"
  std::string_view label;        // "trial.GetStudy", in metrics and logs
  std::string_view permission;   // empty when open or authenticated
  std::string_view study_field;  // proto name; empty for none
  std::string_view site_field;
  RateClass rate_class = RateClass::kInteractive;
  std::chrono::milliseconds timeout{0};  // 0: the default
  std::uint64_t max_request_bytes = 0;   // 0: the server's default
  int success_status = 200;
  std::string_view feature;                     // "preview"; empty: is never switched off
  std::string_view affinity_field;              // proto name; empty for none
  std::chrono::milliseconds stale_if_error{0};  // 0: an old answer never serves
  std::chrono::milliseconds hedge_after{0};     // 0: never two instances at once
  bool open = false;
  bool internal = false;
  bool idempotent = false;
  bool streams = false;
};

// A StreamWriter whose type is not known.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  virtual Task<bool> Accept() = 0;
  // As StreamWriter::Write. Takes the content of `message`.
  virtual Task<bool> Write(Message& message) = 0;
};

// One operation with its types erased, as the transports call it. `api` is the generated interface.
struct Operation {
  const MethodInfo* info;
  const Message& (*request)();   // default instances
  const Message& (*response)();  // of a stream: of its items
  // Null for streams.
  Task<Result<std::unique_ptr<Message>>> (*call)(void* api,
                                                 CallContext context,
                                                 std::unique_ptr<Message> request);
  // Null for others.
  Task<Status> (*stream)(void* api,
                         CallContext context,
                         std::unique_ptr<Message> request,
                         MessageSink& sink);
};

// One HTTP way into an operation.
struct RouteSpec {
  std::string_view verb;
  std::string_view pattern;
  bool has_body;
};

}  // namespace vedette::rpc
