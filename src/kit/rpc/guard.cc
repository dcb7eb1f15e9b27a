// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/guard.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <string>
#include <typeinfo>

#include "base/uuid.h"
#include "kit/telemetry/slow_operations.h"

namespace vedette::rpc {
namespace {

namespace pb = google::protobuf;

const pb::FieldDescriptor* FindScopeField(const Message& prototype, std::string_view name) {
  if (name.empty()) return nullptr;
  const pb::FieldDescriptor* field = prototype.GetDescriptor()->FindFieldByName(std::string(name));
  if (field == nullptr || field->cpp_type() != pb::FieldDescriptor::CPPTYPE_STRING) {
    throw std::invalid_argument("a scope field is no string field of the request");
  }
  return field;
}

bool IsOurFault(Code code) {
  return code == Code::kInternal || code == Code::kUnavailable || code == Code::kDeadlineExceeded ||
         code == Code::kUnimplemented;
}

bool IsPresent(const Principal& principal) { return !principal.subject.empty(); }

}  // namespace

MethodGuard::MethodGuard(const MethodInfo& info,
                         const Message& request_prototype,
                         const GuardDependencies& dependencies,
                         Validator& validator)
    : info_(info),
      dependencies_(dependencies),
      timeout_(info.timeout.count() != 0 ? info.timeout : dependencies.default_timeout),
      plan_(validator.Compile(request_prototype.GetDescriptor())),
      study_(FindScopeField(request_prototype, info.study_field)),
      site_(FindScopeField(request_prototype, info.site_field)),
      anonymous_(std::make_shared<const Principal>()) {}

Status MethodGuard::CheckCaller(const CallContext& context) const {
  if (info_.open) return {};
  if (!IsPresent(*context.principal)) {
    return Fail(Code::kUnauthenticated, "Sign in to do this.");
  }
  if (info_.internal && !context.principal->is_service) {
    return Fail(Code::kPermissionDenied, "Only services of this system may do this.");
  }
  return {};
}

Status MethodGuard::CheckPermission(const Principal& principal, const Message& request) const {
  if (info_.permission.empty()) return {};
  const pb::Reflection& reflection = *request.GetReflection();
  std::string scratch;
  std::string_view study;
  std::string_view site;
  if (study_ != nullptr) {
    study = reflection.GetStringReference(request, study_, &scratch);
    // An empty study would ask for the permission anywhere.
    if (study.empty()) return Fail(InvalidRequest({{study_->json_name(), "is required"}}));
  }
  std::string site_scratch;
  if (site_ != nullptr) {
    site = reflection.GetStringReference(request, site_, &site_scratch);
    if (site.empty()) return Fail(InvalidRequest({{site_->json_name(), "is required"}}));
  }
  return dependencies_.authorizer.Check(principal, info_.permission, study, site);
}

GuardedCall MethodGuard::Begin(CallContext& context) const {
  GuardedCall call{dependencies_.clock.SteadyNow(), {}, {}};
  if (dependencies_.tracer == nullptr) {
    context.trace = context.trace.Child();
  } else {
    call.span = dependencies_.tracer->Start(info_.label, SpanKind::kInternal, context.trace);
    context.trace = call.span.context();
  }
  context.deadline.trace = context.trace;
  call.trace = context.trace;
  return call;
}

Status MethodGuard::Admit(CallContext& context, const Message& request) const {
  if (context.principal == nullptr) context.principal = anonymous_;
  VEDETTE_CHECK_OK(CheckCaller(context));
  if (context.deadline.Passed(dependencies_.clock)) {
    return Fail(Code::kDeadlineExceeded, "The call's time was over before it began.");
  }
  context.deadline.trace = context.trace;
  if (!info_.streams) {
    context.deadline = context.deadline.Earlier(Deadline::After(dependencies_.clock, timeout_));
  }
  if (Status allowed = CheckPermission(*context.principal, request); !allowed) {
    // A request without its study is told all that is wrong with it.
    if (allowed.error().code == Code::kInvalidArgument) {
      if (auto violations = Validator::Check(*plan_, request); !violations.empty()) {
        return Fail(InvalidRequest(std::move(violations)));
      }
    }
    return allowed;
  }
  if (auto violations = Validator::Check(*plan_, request); !violations.empty()) {
    return Fail(InvalidRequest(std::move(violations)));
  }
  return {};
}

void MethodGuard::Account(GuardedCall& call, const Error* error) const {
  if (error != nullptr) {
    call.span.Set("rpc.code", Describe(error->code).name);
    if (IsOurFault(error->code)) call.span.Fail(error->code);
  }
  call.span.End();
  std::atomic<Counter*>& slot =
      calls_[error == nullptr ? kCodeCount : static_cast<std::size_t>(error->code)];
  Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) {
    const std::string_view code = error == nullptr ? "OK" : Describe(error->code).name;
    counter = &dependencies_.metrics.GetCounter(
        "vedette_rpc_server_calls_total", "Calls of operations by their outcome.",
        {{"method", std::string(info_.label)}, {"code", std::string(code)}});
    slot.store(counter, std::memory_order_release);
  }
  counter->Add();
  // How long a stream was watched says nothing about how fast we are.
  if (info_.streams) return;
  Histogram* seconds = seconds_.load(std::memory_order_acquire);
  if (seconds == nullptr) {
    seconds = &dependencies_.metrics.GetHistogram(
        "vedette_rpc_server_seconds", "Time from a call's arrival to its answer.", LatencyBuckets(),
        {{"method", std::string(info_.label)}});
    seconds_.store(seconds, std::memory_order_release);
  }
  const std::chrono::nanoseconds took = dependencies_.clock.SteadyNow() - call.started;
  seconds->Observe(std::chrono::duration<double>(took).count(), call.trace);
  if (dependencies_.slow_operations != nullptr) {
    dependencies_.slow_operations->Note("rpc", info_.label, took, call.trace);
  }
}

Error MethodGuard::Translate(std::exception_ptr exception, const CallContext& context) const {
  const char* type = "unknown";
  try {
    std::rethrow_exception(exception);
  } catch (const boost::system::system_error& error) {
    if (error.code() == boost::asio::error::operation_aborted) {
      if (context.deadline.Passed(dependencies_.clock)) {
        return {Code::kDeadlineExceeded, "The call's time was over before it was done."};
      }
      return {Code::kCancelled, "The caller left."};
    }
    type = typeid(error).name();
  } catch (const std::exception& error) {
    type = typeid(error).name();
  } catch (...) {
  }
  // The exception's own text may hold what came in with the request, so only its type is logged.
  const std::string id = NewUuid(dependencies_.clock.Now()).ToString();
  dependencies_.logger.Error("operation threw", {{"error_id", id},
                                                 {"method", info_.label},
                                                 {"exception", type},
                                                 {"trace_id", context.trace.TraceIdHex()},
                                                 {"span_id", context.trace.SpanIdHex()}});
  return {Code::kInternal, "Something went wrong on our side. Reference: " + id};
}

ServiceGuard::ServiceGuard(std::span<const Operation> operations,
                           const GuardDependencies& dependencies) {
  for (const Operation& operation : operations) {
    methods_.push_back(std::make_unique<MethodGuard>(*operation.info, operation.request(),
                                                     dependencies, validator_));
  }
}

}  // namespace vedette::rpc
