// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/governed_stream.h"

#include <google/protobuf/message.h>

#include <boost/asio/this_coro.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "kit/rpc/client_call.h"
#include "kit/rpc/client_poller.h"
#include "kit/rpc/grpc_buffer.h"
#include "kit/task/sleep.h"

namespace vedette::rpc {
namespace {

// A stream at one instance, accepted or at its end.
class Stream final : public ClientStream {
 public:
  Stream(std::shared_ptr<ChannelCore> core, Admission admission, Span span)
      : core_(std::move(core)),
        admission_(std::move(admission)),
        span_(std::move(span)),
        call_(std::make_shared<StreamCall>(core_->options.service)) {}
  ~Stream() override { call_->context().TryCancel(); }

  // Waits for acceptance or the first message; the error when the call ended before, or showed
  // neither by `until`.
  Task<Status> Begin(const MethodInfo& info, const grpc::ByteBuffer& request, SteadyTime until);

  Task<bool> Accepted() override { co_return accepted_; }
  Task<bool> Read(Message& message) override {
    if (end_) co_return false;
    co_return co_await call_->Read(message);
  }
  Task<Status> Finish() override {
    if (end_) co_return *end_;
    co_return co_await call_->Finish();
  }

  Admission& admission() { return admission_; }
  Span& span() { return span_; }
  StreamCall& call() { return *call_; }
  bool NeverSent() const { return never_sent_; }

 private:
  const std::shared_ptr<ChannelCore> core_;
  Admission admission_;
  Span span_;
  const std::shared_ptr<StreamCall> call_;
  bool accepted_ = false;
  bool never_sent_ = false;
  std::optional<Status> end_;
};

Task<Status> Stream::Begin(const MethodInfo& info,
                           const grpc::ByteBuffer& request,
                           SteadyTime until) {
  const bool sent = co_await call_->Start(admission_.channel().stub(), std::string(info.path),
                                          request, core_->dependencies.poller->impl().queue, until);
  if (sent) {
    accepted_ = co_await call_->Accepted(until);
    // A service that does not accept in so many words does so by its first message.
    if (accepted_ || (!call_->busy() && co_await call_->Prefetch())) co_return Status();
  }
  if (call_->busy()) {
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      end_ = Fail(Code::kCancelled, "The caller left.");
    } else {
      end_ = Fail(Code::kUnavailable,
                  "The " + core_->options.service + " service did not begin the stream in time.");
    }
  } else {
    end_ = co_await call_->Finish();
    never_sent_ = admission_.channel().NeverSent(call_->context(), call_->status());
  }
  co_return *end_;
}

}  // namespace

Task<Result<std::unique_ptr<ClientStream>>> OpenStream(std::shared_ptr<ChannelCore> core,
                                                       const MethodInfo& info,
                                                       Deadline deadline,
                                                       TraceContext trace,
                                                       const Message& request,
                                                       std::string authorization) {
  const RetryOptions& options = core->options.retry;
  ClientMethod& method = core->MethodOf(info);
  const grpc::ByteBuffer bytes = Serialize(request);
  const std::optional<std::string> key = AffinityKey(info, request);
  std::vector<const Instance*> tried;
  core->budget.OnCall();
  std::optional<Error> failure;
  while (true) {
    Result<Admission> admission = core->Admit(method, key, tried, true);
    if (!admission) co_return Fail(failure ? std::move(*failure) : std::move(admission).error());
    tried.push_back(&admission->pick.instance());
    Span span = core->dependencies.tracer.Start(info.label, SpanKind::kClient, trace);
    span.Set("rpc.attempt", static_cast<std::int64_t>(tried.size()));
    auto stream = std::make_unique<Stream>(core, *std::move(admission), std::move(span));
    core->Prepare(stream->call().context(), deadline, stream->span().context(), authorization);
    method.metrics.attempts.Add();
    const SteadyTime now = core->clock().SteadyNow();
    const bool last = static_cast<std::int64_t>(tried.size()) >= options.max_attempts;
    // Where nobody else could be asked there is no hurry.
    const bool patient = last || !info.idempotent || core->instances() < 2;
    const auto timeout = AttemptTimeout(options, {}, deadline.time - now);
    const Status begun = co_await stream->Begin(
        info, bytes, patient || !timeout ? SteadyTime::max() : now + *timeout);
    if (begun) {
      stream->admission().Tell(nullptr);
    } else {
      stream->admission().TellFailure(begun.error(), stream->NeverSent());
      stream->span().Fail(begun.error().code);
    }
    stream->span().End();
    if (begun || last || !IsRetryable({begun.error(), stream->NeverSent()}, info.idempotent)) {
      co_return stream;
    }
    const auto delay =
        RetryDelay(options, static_cast<int>(tried.size()) - 1, begun.error(),
                   deadline.time - core->clock().SteadyNow(), {}, core->dependencies.random);
    if (!delay || !core->budget.Take()) co_return stream;
    failure = begun.error();
    stream.reset();
    co_await SleepFor(*delay);
    method.metrics.retries.Add();
  }
}

}  // namespace vedette::rpc
