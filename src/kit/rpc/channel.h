// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kit/rpc/call_context.h"
#include "kit/rpc/operation.h"
#include "kit/task/task.h"

namespace vedette::config {
class Section;
}  // namespace vedette::config

namespace vedette::rpc {

// The token with which this process calls others in its own name. Thread-safe.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  virtual Task<Result<std::string>> Token() = 0;
};

// The thread that waits for the answers to all outgoing calls. One per process; it outlives
// nothing: channels share it.
class ClientPoller {
 public:
  ClientPoller();
  ~ClientPoller();
  ClientPoller(const ClientPoller&) = delete;
  ClientPoller& operator=(const ClientPoller&) = delete;

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

struct ChannelOptions {
  std::string service;                 // for people: "trial"
  std::vector<std::string> addresses;  // "10.0.0.1:9090"; calls go round them
  bool tls = false;
  std::string ca_file;    // empty: the system's roots
  std::string cert_file;  // for mutual TLS, with key_file
  std::string key_file;
  std::string server_name;  // expected in the certificate; empty: the address
  std::chrono::milliseconds default_timeout = std::chrono::seconds(10);
  std::int64_t max_message_bytes = 64 << 20;

  void Describe(config::Section& section);
};

// One answer after another. Used by one coroutine; destroying it cancels the call.
class ClientStream {
 public:
  virtual ~ClientStream() = default;
  // First, once: waits until the request passed the checks over there. False when it did not.
  virtual Task<bool> Accepted() = 0;
  // False at the end, whatever the reason; Finish knows it.
  virtual Task<bool> Read(Message& message) = 0;
  virtual Task<Status> Finish() = 0;
};

// The way to a service in another process. Thread-safe; calls are resumed on the caller's executor.
//
// A user's call carries the user's token; a service's own call carries the credential. The deadline
// travels, and cancelling the calling task cancels the call there. A peer that cannot be reached is
// kUnavailable; an error of the peer arrives as it was returned there.
class Channel {
 public:
  // kInvalidArgument for an empty address list or unreadable TLS files. Connects when first used.
  // `credentials` may be null when only open operations and users' calls go through.
  static Result<std::shared_ptr<Channel>> Create(ChannelOptions options,
                                                 std::shared_ptr<ClientPoller> poller,
                                                 std::shared_ptr<CredentialSource> credentials,
                                                 const Clock& clock);
  ~Channel();

  // `request` and `response` must outlive the task.
  Task<Status> Call(const MethodInfo& info,
                    CallContext context,
                    const Message& request,
                    Message& response);
  Task<Result<std::unique_ptr<ClientStream>>> Open(const MethodInfo& info,
                                                   CallContext context,
                                                   const Message& request);

 private:
  struct Impl;
  explicit Channel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::rpc
