// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/auth/authorizer.h"
#include "kit/rpc/call_context.h"
#include "kit/rpc/operation.h"
#include "kit/rpc/validation.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/tracer.h"

namespace google::protobuf {
class FieldDescriptor;
}  // namespace google::protobuf

namespace vedette {
class SlowOperations;
}  // namespace vedette

namespace vedette::rpc {

// What every guard needs; the references outlive the guard.
struct GuardDependencies {
  const Authorizer& authorizer;
  MetricsRegistry& metrics;
  const Clock& clock;
  Logger logger;
  // For operations whose contract names none. Streams have no timeout.
  std::chrono::milliseconds default_timeout = std::chrono::seconds(10);
  // Each call is a span, under which its queries and calls hang. Null: none is recorded.
  Tracer* tracer = nullptr;
  // Takes the calls that were slow, streams excepted. Null: nobody does.
  SlowOperations* slow_operations = nullptr;
};

// One call of an operation, from its checks to its account.
struct GuardedCall {
  SteadyTime started;
  TraceContext trace;
  Span span;
};

// The checks before one operation and the account after it. Generated guards hold one per method;
// their in-process cost is well under a microsecond for a small request. Thread-safe.
//
// In this order, the first failure answering:
//   caller      a principal is there unless the operation is open       kUnauthenticated
//   internal    a service calls, unless the operation is open as well   kPermissionDenied
//   deadline    it has not passed                                       kDeadlineExceeded
//   permission  on the study and site the request names                 kPermissionDenied
//   rules       of all fields; every violation is named                 kInvalidArgument
class MethodGuard {
 public:
  MethodGuard(const MethodInfo& info,
              const Message& request_prototype,
              const GuardDependencies& dependencies,
              Validator& validator);

  // The call begins: a span, child of the context's trace, which the context now carries.
  GuardedCall Begin(CallContext& context) const;

  // Checks the call and completes its context: deadline, anonymous principal.
  Status Admit(CallContext& context, const Message& request) const;

  // Counts the call and ends its span; `error` is null for success. A span fails by what is our
  // fault, so that a wrong request does not make its whole trace worth keeping. The time it took is
  // observed with its trace.
  void Account(GuardedCall& call, const Error* error) const;

  // What an exception of the implementation becomes: kDeadlineExceeded when its time was over,
  // kCancelled when the caller left, else kInternal with a reference under which the log has it.
  Error Translate(std::exception_ptr exception, const CallContext& context) const;

 private:
  Status CheckCaller(const CallContext& context) const;
  Status CheckPermission(const Principal& principal, const Message& request) const;

  const MethodInfo& info_;
  GuardDependencies dependencies_;
  std::chrono::milliseconds timeout_;
  const Validator::Plan* plan_;
  const google::protobuf::FieldDescriptor* study_ = nullptr;
  const google::protobuf::FieldDescriptor* site_ = nullptr;
  std::shared_ptr<const Principal> anonymous_;
  // Made when first needed, so that the metrics page lists only what happened.
  mutable std::atomic<Histogram*> seconds_ = nullptr;
  mutable std::array<std::atomic<Counter*>, kCodeCount + 1> calls_{};
};

// The guards of one service's methods, by index.
class ServiceGuard {
 public:
  ServiceGuard(std::span<const Operation> operations, const GuardDependencies& dependencies);

  const MethodGuard& operator[](std::size_t index) const { return *methods_[index]; }

 private:
  Validator validator_;
  std::vector<std::unique_ptr<MethodGuard>> methods_;
};

}  // namespace vedette::rpc
