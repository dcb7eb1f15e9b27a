// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/governed_call.h"

#include <google/protobuf/message.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "kit/rpc/client_poller.h"
#include "kit/rpc/grpc_buffer.h"
#include "kit/rpc/retry_policy.h"
#include "kit/task/sleep.h"

namespace vedette::rpc {

struct GovernedCall::Attempt {
  Attempt(Admission leave, std::shared_ptr<UnaryCall> made, Span begun)
      : admission(std::move(leave)), call(std::move(made)), span(std::move(begun)) {}
  ~Attempt() {
    if (!call->ended()) call->context().TryCancel();
  }

  Admission admission;
  std::shared_ptr<UnaryCall> call;
  Span span;
};

GovernedCall::GovernedCall(std::shared_ptr<ChannelCore> core,
                           ClientMethod& method,
                           const MethodInfo& info,
                           Deadline deadline,
                           const TraceContext& trace,
                           const Message& request,
                           std::string authorization)
    : core_(std::move(core)),
      method_(method),
      info_(info),
      deadline_(deadline),
      trace_(trace),
      request_(Serialize(request)),
      key_(AffinityKey(info, request)),
      authorization_(std::move(authorization)) {}

GovernedCall::~GovernedCall() = default;

Status GovernedCall::Start() {
  VEDETTE_TRY(Admission admission, core_->Admit(method_, key_, tried_, false));
  Begin(std::move(admission));
  return {};
}

void GovernedCall::Begin(Admission admission) {
  tried_.push_back(&admission.pick.instance());
  Span span = core_->dependencies.tracer.Start(info_.label, SpanKind::kClient, trace_);
  span.Set("rpc.attempt", ++started_);
  auto call = std::make_shared<UnaryCall>(arrivals_);
  core_->Prepare(call->context(), deadline_, span.context(), authorization_);
  call->Start(admission.channel().stub(), std::string(info_.path), request_,
              core_->dependencies.poller->impl().queue);
  attempts_.push_back(
      std::make_unique<Attempt>(std::move(admission), std::move(call), std::move(span)));
  method_.metrics.attempts.Add();
  patience_ends_ = PatienceEnds(core_->clock().SteadyNow());
}

SteadyTime GovernedCall::PatienceEnds(SteadyTime now) const {
  const bool another =
      info_.idempotent && started_ < core_->options.retry.max_attempts && core_->instances() > 1;
  if (!another) return SteadyTime::max();
  const auto left = deadline_.time - now;
  if (info_.hedge_after.count() > 0) return now + HedgeDelay(info_.hedge_after, left);
  const auto timeout = Patience(left);
  return timeout ? now + *timeout : SteadyTime::max();
}

std::optional<std::chrono::nanoseconds> GovernedCall::Patience(
    std::chrono::nanoseconds left) const {
  const ChannelOptions& options = core_->options;
  return AttemptTimeout(WithPatience(options.retry, info_.timeout, options.default_timeout),
                        method_.usual_time.value(), left);
}

void GovernedCall::AskAnother() {
  patience_ends_ = SteadyTime::max();
  Result<Admission> other = core_->Admit(method_, key_, tried_, false);
  if (!other || IsUnderWayAt(other->pick.instance()) || !TakeBudget()) return;
  if (info_.hedge_after.count() > 0) {
    method_.metrics.hedges.Add();
  } else {
    GiveUpAll();
    ++retries_;
    method_.metrics.retries.Add();
  }
  Begin(*std::move(other));
}

bool GovernedCall::IsUnderWayAt(const Instance& instance) const {
  return std::ranges::any_of(attempts_, [&](const std::unique_ptr<Attempt>& attempt) {
    return &attempt->admission.pick.instance() == &instance;
  });
}

bool GovernedCall::TakeBudget() {
  if (core_->budget.Take()) return true;
  core_->budget_empty.Add();
  return false;
}

std::unique_ptr<GovernedCall::Attempt> GovernedCall::TakeEnded() {
  const auto ended =
      std::ranges::find_if(attempts_, [](const auto& attempt) { return attempt->call->ended(); });
  if (ended == attempts_.end()) return nullptr;
  std::unique_ptr<Attempt> taken = std::move(*ended);
  attempts_.erase(ended);
  return taken;
}

void GovernedCall::GiveUpAll() {
  const Error late{Code::kDeadlineExceeded, {}};
  for (const std::unique_ptr<Attempt>& attempt : attempts_) {
    attempt->admission.Tell(&late);
    attempt->span.Fail(Code::kDeadlineExceeded);
  }
  attempts_.clear();
}

void GovernedCall::TellOvertaken(const Attempt& winner) {
  const SteadyTime::duration left = deadline_.time - winner.admission.pick.started();
  const auto patience = Patience(left);
  for (const std::unique_ptr<Attempt>& attempt : attempts_) {
    Admission& admission = attempt->admission;
    if (admission.pick.started() >= winner.admission.pick.started()) continue;
    // The balancer hears of every defeat; the breaker only of what is as bad as a timeout.
    admission.pick.Tell(Outcome::kFailure);
    if (patience && admission.pick.elapsed() >= *patience) {
      admission.permit.End(Outcome::kFailure, Describe(Code::kDeadlineExceeded).name);
    }
  }
}

Task<Status> GovernedCall::Retry(Error failure, std::chrono::nanoseconds usual, bool retryable) {
  const RetryOptions& options = core_->options.retry;
  if (!retryable || started_ >= options.max_attempts) co_return Fail(std::move(failure));
  const auto left = deadline_.time - core_->clock().SteadyNow();
  const auto delay =
      RetryDelay(options, retries_, failure, left, usual, core_->dependencies.random);
  if (!delay) co_return Fail(std::move(failure));
  if (!TakeBudget()) co_return Fail(std::move(failure));
  co_await SleepFor(*delay);
  if (!Start()) co_return Fail(std::move(failure));
  ++retries_;
  method_.metrics.retries.Add();
  co_return Status();
}

Task<Status> GovernedCall::Run(Message& response) {
  core_->budget.OnCall();
  VEDETTE_CO_CHECK_OK(Start());
  while (true) {
    if (!co_await Arrivals::Next(arrivals_, patience_ends_)) {
      const auto cancellation = co_await asio::this_coro::cancellation_state;
      if (cancellation.cancelled() != asio::cancellation_type::none) {
        co_return Fail(Code::kCancelled, "The caller left.");
      }
      AskAnother();
      continue;
    }
    const std::unique_ptr<Attempt> ended = TakeEnded();
    if (!ended) continue;
    const grpc::Status& status = ended->call->status();
    if (status.ok()) {
      ended->admission.Tell(nullptr);
      method_.usual_time.Add(ended->admission.pick.elapsed());
      TellOvertaken(*ended);
      if (Parse(ended->call->response(), response)) co_return Status();
      ended->span.Fail(Code::kInternal);
      co_return Fail(Code::kInternal,
                     "The " + core_->options.service + " service sent an unreadable answer.");
    }
    Error failure = ErrorOf(status, ended->call->context(), core_->options.service);
    ended->span.Fail(failure.code);
    const bool never_sent = ended->admission.channel().NeverSent(ended->call->context(), status);
    ended->admission.TellFailure(failure, never_sent);
    ended->span.End();
    const bool retryable = IsRetryable({failure, never_sent}, info_.idempotent);
    // One that is still under way may answer yet.
    if (retryable && !attempts_.empty()) continue;
    const auto usual = std::chrono::nanoseconds(
        static_cast<std::int64_t>(ended->admission.pick.instance().load.latency()));
    VEDETTE_CO_CHECK_OK(co_await Retry(std::move(failure), usual, retryable));
  }
}

}  // namespace vedette::rpc
