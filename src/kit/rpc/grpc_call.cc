// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/grpc_call.h"

#include <google/protobuf/message.h>

#include <utility>

#include "kit/rpc/caller.h"
#include "kit/rpc/grpc_buffer.h"
#include "kit/rpc/grpc_status.h"
#include "kit/rpc/ingress.h"
#include "kit/rpc/partner_signatures.h"
#include "kit/rpc/timed_call.h"
#include "kit/task/turn.h"

namespace vedette::rpc {

GrpcCall::GrpcCall(const Operation& operation, void* api, Arrived arrived)
    : operation_(operation), api_(api), arrived_(std::move(arrived)) {
  if (operation.info->streams) {
    writer_.emplace(&context_);
  } else {
    unary_.emplace(&context_);
  }
  arrived_tag_.call = this;
  done_tag_.call = this;
  written_tag_.call = this;
  finished_tag_.call = this;
}

void* GrpcCall::Arm() {
  self_ = shared_from_this();
  context_.AsyncNotifyWhenDone(done_tag_.HandOver());
  return arrived_tag_.HandOver();
}

grpc::internal::ServerAsyncStreamingInterface* GrpcCall::stream() {
  if (writer_) return &*writer_;
  return &*unary_;
}

void GrpcCall::OnArrived(bool ok) {
  std::shared_ptr<GrpcCall> self;
  {
    const std::lock_guard lock(mutex_);
    // A call that never began is never done either.
    outstanding_ = ok ? 2 : 0;
    self = ok ? self_ : std::exchange(self_, nullptr);
  }
  // `self` is the last to let go of the call, and of the function that runs here.
  arrived_(self, ok);
}

void GrpcCall::OnDone() {
  bool gone = false;
  {
    const std::lock_guard lock(mutex_);
    gone = gone_ = context_.IsCancelled();
  }
  if (gone) canceller_.Cancel();
  Release();
}

void GrpcCall::Release() {
  std::shared_ptr<GrpcCall> self;
  const std::lock_guard lock(mutex_);
  if (--outstanding_ == 0) self = std::exchange(self_, nullptr);
  // `self` outlives the lock: it is destroyed after it, being declared before it.
}

CallContext GrpcCall::ReadContext(const Clock& clock) const {
  CallContext context;
  const gpr_timespec deadline = context_.raw_deadline();
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) != 0) {
    const gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
    // A client may ask for any time; more than a day is no deadline.
    if (left.tv_sec < 86'400) {
      context.deadline = Deadline::After(
          clock, std::chrono::seconds(left.tv_sec) + std::chrono::nanoseconds(left.tv_nsec));
    }
  }
  if (const auto header = Metadata("traceparent")) {
    if (auto trace = TraceContext::FromTraceparent(*header)) context.trace = *trace;
  }
  return context;
}

std::optional<std::string> GrpcCall::Metadata(const char* key) const {
  const auto found = context_.client_metadata().find(key);
  if (found == context_.client_metadata().end()) return std::nullopt;
  return std::string(found->second.data(), found->second.size());
}

template <class Begin>
Task<bool> GrpcCall::Run(Begin begin) {
  const Signal written;
  {
    const std::lock_guard lock(mutex_);
    if (gone_ || finishing_ || writing_) co_return false;
    writing_ = true;
    written_ = written;
    begin(written_tag_.HandOver());
  }
  if (!co_await written.Wait()) co_return false;
  const std::lock_guard lock(mutex_);
  co_return write_ok_ && !gone_;
}

Task<bool> GrpcCall::Accept() {
  co_return co_await Run([this](void* tag) {
    context_.AddInitialMetadata(kAcceptedKey, "1");
    writer_->SendInitialMetadata(tag);
  });
}

Task<bool> GrpcCall::Write(grpc::ByteBuffer message) {
  co_return co_await Run([this, &message](void* tag) { writer_->Write(message, tag); });
}

void GrpcCall::OnWritten(bool ok) {
  std::optional<Signal> written;
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    write_ok_ = ok;
    written = std::exchange(written_, std::nullopt);
    // The answer waited for the message before it.
    if (finishing_) FinishNow();
  }
  if (written) written->Set();
}

void GrpcCall::AddTrailer(const std::string& key, const std::string& value) {
  const std::lock_guard lock(mutex_);
  if (!finishing_) context_.AddTrailingMetadata(key, value);
}

void GrpcCall::Succeed(const Message* response) {
  auto bytes = response == nullptr ? std::nullopt : std::optional(Serialize(*response));
  const std::lock_guard lock(mutex_);
  Finish(grpc::Status::OK, std::move(bytes));
}

void GrpcCall::Fail(const Error& error) {
  const CodeEntry& entry = Describe(error.code);
  const std::lock_guard lock(mutex_);
  if (finishing_) return;
  context_.AddTrailingMetadata(kCodeKey, std::string(entry.name));
  context_.AddTrailingMetadata(kDetailsKey, EncodeDetails(error));
  if (error.retry_after) {
    // What gRPC's own retries heed (gRFC A6).
    context_.AddTrailingMetadata("grpc-retry-pushback-ms",
                                 std::to_string(error.retry_after->count()));
  }
  Finish(grpc::Status(static_cast<grpc::StatusCode>(entry.grpc_status), error.message),
         std::nullopt);
}

void GrpcCall::Finish(grpc::Status status, std::optional<grpc::ByteBuffer> response) {
  if (finishing_) return;
  finishing_ = true;
  status_ = std::move(status);
  response_ = std::move(response);
  if (!writing_) FinishNow();
}

void GrpcCall::FinishNow() {
  void* const tag = finished_tag_.HandOver();
  if (writer_) {
    writer_->Finish(status_, tag);
  } else if (status_.ok()) {
    unary_->Finish(*response_, status_, tag);
  } else {
    unary_->FinishWithError(status_, tag);
  }
}

namespace {

// Tells the entrance, too, that a stream has begun.
class GrpcSink final : public MessageSink {
 public:
  GrpcSink(GrpcCall& call, std::optional<Permit>& permit) : call_(call), permit_(permit) {}

  Task<bool> Accept() override {
    if (permit_) permit_->Established();
    return call_.Accept();
  }
  Task<bool> Write(Message& message) override {
    if (permit_) permit_->Established();
    return call_.Write(Serialize(message));
  }

 private:
  GrpcCall& call_;
  std::optional<Permit>& permit_;
};

// "ipv4:10.0.0.1:51234" or "ipv6:%5Bfd00::1%5D:51234" without kind and port.
std::string PeerAddress(const std::string& peer) {
  const std::size_t kind = peer.find(':');
  const std::size_t port = peer.rfind(':');
  if (kind == std::string::npos || port <= kind) return peer;
  std::string address = peer.substr(kind + 1, port - kind - 1);
  for (const std::string_view bracket : {"%5B", "%5D", "[", "]"}) {
    if (const auto at = address.find(bracket); at != std::string::npos) {
      address.erase(at, bracket.size());
    }
  }
  return address;
}

// One call on its way through the chain.
class Service {
 public:
  Service(GrpcCall& call, Entrance* entrance, const ServeDependencies& dependencies)
      : call_(call),
        entrance_(entrance),
        dependencies_(dependencies),
        info_(*call.operation().info) {}

  Task<void> Run() {
    CallContext context = call_.ReadContext(dependencies_.clock);
    if (dependencies_.tracer != nullptr) {
      span_ = dependencies_.tracer->Start(info_.path, SpanKind::kServer, context.trace);
      context.trace = span_.context();
    }
    std::unique_ptr<Message> request(call_.operation().request().New());
    if (Status ready = co_await Prepare(context, *request); !ready) {
      co_return End(nullptr, &ready.error());
    }
    const Operation& operation = call_.operation();
    if (operation.stream != nullptr) {
      GrpcSink sink(call_, permit_);
      const Status status =
          co_await operation.stream(call_.api(), std::move(context), std::move(request), sink);
      co_return End(nullptr, status ? nullptr : &status.error());
    }
    // When the client's own deadline passes, gRPC cancels the call on both sides.
    const Result<std::unique_ptr<Message>> response =
        co_await (deadline_is_ours_
                      ? CallInTime(operation, call_.api(), std::move(context), std::move(request))
                      : operation.call(call_.api(), std::move(context), std::move(request)));
    End(response ? response->get() : nullptr, response ? nullptr : &response.error());
  }

 private:
  Task<Status> Prepare(CallContext& context, Message& request) {
    if (entrance_ != nullptr) {
      VEDETTE_CO_TRY(permit_, entrance_->Enter());
      bool shortened = false;
      context.deadline = entrance_->DeadlineFor(context.deadline, shortened);
      permit_->set_shortened(shortened);
      deadline_is_ours_ = !shortened;
      co_await TakeTurn();
    }
    context.deadline.trace = context.trace;
    VEDETTE_CO_CHECK_OK(co_await IdentifyCaller(dependencies_.authenticator, info_,
                                                call_.Metadata("authorization"), context));
    if (dependencies_.partners != nullptr && context.principal != nullptr &&
        dependencies_.partners->Concerns(*context.principal)) {
      co_return Fail(Code::kUnauthenticated,
                     "Your requests must be signed, which only HTTP requests can be.");
    }
    if (entrance_ != nullptr) {
      VEDETTE_CO_CHECK_OK(co_await entrance_->Limit(
          *permit_, context.principal, ClientAddress(PeerAddress(call_.context().peer()), {}, 0),
          context.deadline));
    }
    if (!Parse(call_.request(), request)) {
      co_return Fail(Code::kInvalidArgument, "The request is not readable as its message type.");
    }
    co_return Status();
  }

  void End(const Message* response, const Error* error) {
    if (permit_) {
      if (const auto& budget = permit_->budget()) {
        call_.AddTrailer("ratelimit-policy", budget->PolicyField());
        call_.AddTrailer("ratelimit", budget->StateField());
      }
      permit_->End(error);
    }
    if (error != nullptr) {
      const CodeEntry& entry = Describe(error->code);
      span_.Set("rpc.code", entry.name);
      if (entry.http_status >= 500) span_.Fail(error->code);
    }
    span_.End();
    error == nullptr ? call_.Succeed(response) : call_.Fail(*error);
  }

  GrpcCall& call_;
  Entrance* const entrance_;
  const ServeDependencies& dependencies_;
  const MethodInfo& info_;
  std::optional<Permit> permit_;
  bool deadline_is_ours_ = false;
  Span span_;
};

}  // namespace

Task<void> Serve(std::shared_ptr<GrpcCall> call,
                 Entrance* entrance,
                 const ServeDependencies& dependencies) {
  Service service(*call, entrance, dependencies);
  co_await service.Run();
}

}  // namespace vedette::rpc
