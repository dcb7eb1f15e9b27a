// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "kit/balance/outlier_ejector.h"
#include "kit/breaker/breaker.h"
#include "kit/discovery/resolver.h"
#include "kit/rpc/call_context.h"
#include "kit/rpc/operation.h"
#include "kit/rpc/retry_policy.h"
#include "kit/task/task.h"

namespace vedette {
class BreakerRegistry;
class MetricsRegistry;
class Tracer;
namespace config {
class Section;
}  // namespace config
}  // namespace vedette

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
  std::vector<std::string> addresses;  // "10.0.0.1:9090", "[fd00::1]:9090", "trial.local:9090"
  bool tls = false;
  std::string ca_file;    // empty: the system's roots
  std::string cert_file;  // for mutual TLS, with key_file
  std::string key_file;
  std::string server_name;  // expected in the certificate; empty: the address
  std::chrono::milliseconds default_timeout = std::chrono::seconds(10);
  std::int64_t max_message_bytes = 64 << 20;
  // Silence after which a connection is asked whether it is alive, and the time for its answer.
  std::chrono::milliseconds keepalive_interval = std::chrono::seconds(10);
  std::chrono::milliseconds keepalive_timeout = std::chrono::seconds(3);
  std::int64_t stale_cache_bytes = 16 << 20;  // answers kept for stale_if_error
  RetryOptions retry;
  EjectionOptions ejection;

  void Describe(config::Section& section);
};

// What a channel needs; all of it outlives the channel.
struct ChannelDependencies {
  std::shared_ptr<ClientPoller> poller;
  // May be null when only open operations and users' calls go through.
  std::shared_ptr<CredentialSource> credentials;
  const Clock& clock;
  RandomSource& random;
  MetricsRegistry& metrics;
  Tracer& tracer;
  BreakerRegistry& breakers;  // one per operation and instance is asked of it
  // Where the instances are; null: at ChannelOptions.addresses.
  std::shared_ptr<discovery::Resolver> resolver = nullptr;
};

// For the status page.
struct ChannelState {
  struct Method {
    std::string_view label;
    Breaker::State breaker;
  };
  struct Instance {
    std::string address;
    std::string_view connection;  // "ready", "connecting" or "failing"
    std::chrono::microseconds latency{0};
    double success = 1;        // share, weighted towards the present
    std::int64_t calls = 0;    // under way
    std::int64_t streams = 0;  // open
    bool ejected = false;
    std::vector<Method> methods;  // those called so far
  };
  std::string service;
  std::vector<Instance> instances;
  double retry_budget = 0;  // retries that may be made now
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

class ChannelCore;

// The governed way to a service in other processes. Thread-safe; calls are resumed on the caller's
// executor.
//
// Each call goes to the instance that the balancer picks: by load, or by the operation's affinity
// field. A breaker per operation and instance, and ejection, keep calls away from what fails. An
// idempotent call, or one that never left, is tried again elsewhere, within its deadline and the
// retry budget; an idempotent one is given up at an instance that is silent for too long, which
// counts as a failure. Only where the contract hedges are two asked at once, and the first answer
// wins. Where the contract allows it, the last good answer to the same request of the same caller
// serves when nobody answers.
//
// A user's call carries the user's token; a service's own call carries the credential. The deadline
// travels, and cancelling the calling task cancels the call there. A peer that cannot be reached is
// kUnavailable; an error of the peer arrives as it was returned there.
class Channel {
 public:
  // kInvalidArgument for an empty address list without a resolver, a malformed address, or
  // unreadable TLS files. Begins to connect.
  static Result<std::shared_ptr<Channel>> Create(ChannelOptions options,
                                                 ChannelDependencies dependencies);
  // Without metrics and traces, as for the command line. `credentials` may be null.
  static Result<std::shared_ptr<Channel>> Create(ChannelOptions options,
                                                 std::shared_ptr<ClientPoller> poller,
                                                 std::shared_ptr<CredentialSource> credentials,
                                                 const Clock& clock);
  ~Channel();

  // `info`, `request` and `response` must outlive the task.
  Task<Status> Call(const MethodInfo& info,
                    CallContext context,
                    const Message& request,
                    Message& response);
  // Another instance is tried until one has accepted; not after that.
  Task<Result<std::unique_ptr<ClientStream>>> Open(const MethodInfo& info,
                                                   CallContext context,
                                                   const Message& request);

  ChannelState Snapshot() const;

 private:
  explicit Channel(std::shared_ptr<ChannelCore> core);
  static Result<std::shared_ptr<Channel>> Make(std::shared_ptr<void> owned,
                                               ChannelOptions options,
                                               ChannelDependencies dependencies);

  const std::shared_ptr<ChannelCore> core_;  // calls and streams hold it too
  std::unique_ptr<discovery::Subscription> subscription_;
};

}  // namespace vedette::rpc
