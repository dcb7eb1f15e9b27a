// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/ingress.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <stdexcept>

#include "kit/breaker/breaker_registry.h"
#include "kit/config/section.h"
#include "kit/rpc/ingress_limits.h"
#include "kit/rpc/stream_places.h"

namespace vedette::rpc {
namespace {

enum class Reason : std::uint8_t { kBreaker, kDegraded, kShed, kBudget, kStreams };
constexpr std::array<std::string_view, 5> kReasons = {"breaker", "degraded", "shed", "budget",
                                                      "streams"};

// Whether the time that an answer took says how fast we are.
bool IsWork(const Error* error) {
  return error == nullptr ||
         (error->code != Code::kCancelled && error->code != Code::kDeadlineExceeded &&
          error->code != Code::kUnavailable && error->code != Code::kResourceExhausted &&
          error->code != Code::kUnauthenticated);
}

Error Refusal(Code code, std::string message, std::chrono::milliseconds retry_after) {
  Error error{code, std::move(message)};
  error.retry_after = std::max(retry_after, std::chrono::milliseconds(1));
  return error;
}

}  // namespace

struct Ingress::Shared {
  Shared(IngressOptions taken, IngressDependencies needed)
      : options(std::move(taken)),
        dependencies(needed),
        breakers({.breaker = options.breaker}, needed.clock, needed.random, needed.metrics),
        streams(
            options.max_streams,
            options.max_streams_per_caller,
            needed.metrics.GetGauge("vedette_ingress_streams", "Streams that clients have open.")) {
  }

  std::shared_ptr<const LimitTable> limits() const {
    const std::lock_guard lock(mutex);
    return table;
  }

  const IngressOptions options;
  const IngressDependencies dependencies;
  BreakerRegistry breakers;
  StreamPlaces streams;
  mutable std::mutex mutex;
  std::shared_ptr<const LimitTable> table;
  std::map<std::string_view, std::unique_ptr<Entrance>> entrances;  // by label
};

void IngressOptions::Describe(config::Section& section) {
  section.Nested("breaker", breaker, "When an operation fails too often.");
  section.Nested("limits", limits, "What callers may ask for.");
  section.Field("max_streams", max_streams,
                {.text = "Streams open at once.", .minimum = 1, .maximum = 1e6});
  section.Field("max_streams_per_caller", max_streams_per_caller,
                {.text = "Streams that one user has open at once.", .minimum = 1, .maximum = 1e6});
  section.Field(
      "default_timeout", default_timeout,
      {.text = "Time for a call whose contract names none.", .minimum = 1, .maximum = 3.6e6});
  section.Field("trusted_proxies", trusted_proxies,
                {.text = "Proxies in front that append to X-Forwarded-For; 0: the connection's own "
                         "address is the client's.",
                 .minimum = 0,
                 .maximum = 16});
}

Outcome ServedOutcome(const Error* error, bool shortened) {
  if (error == nullptr) return Outcome::kSuccess;
  if (error->code == Code::kUnavailable && error->retry_after) return Outcome::kNeither;
  if (error->code == Code::kDeadlineExceeded && shortened) return Outcome::kNeither;
  return OutcomeOf(error);
}

Permit::Permit() = default;
Permit::Permit(Permit&& other) noexcept = default;
Permit& Permit::operator=(Permit&& other) noexcept = default;
Permit::~Permit() = default;

void Permit::Established() {
  if (breaker_) breaker_->End(Outcome::kSuccess);
  if (shed_) shed_->Pass();
  breaker_.reset();
  shed_.reset();
}

void Permit::End(const Error* error) {
  if (breaker_) {
    breaker_->End(ServedOutcome(error, shortened_),
                  error == nullptr ? std::string_view() : Describe(error->code).name);
  }
  if (shed_) IsWork(error) ? shed_->Pass() : shed_->Fail();
  breaker_.reset();
  shed_.reset();
  place_.reset();
}

struct Entrance::Impl {
  const MethodInfo& info;
  Ingress::Shared& shared;
  std::shared_ptr<Breaker> breaker;  // null: none
  std::array<std::atomic<Counter*>, kReasons.size()> refused{};

  std::unexpected<Error> Refuse(Reason reason, Error error) {
    const auto index = static_cast<std::size_t>(reason);
    Counter* counter = refused[index].load(std::memory_order_acquire);
    if (counter == nullptr) {
      counter = &shared.dependencies.metrics.GetCounter(
          "vedette_ingress_refused_total", "Calls refused before they were worked on.",
          {{"method", std::string(info.label)}, {"reason", std::string(kReasons[index])}});
      refused[index].store(counter, std::memory_order_release);
    }
    counter->Add();
    return Fail(std::move(error));
  }

  // Takes one call from a budget; the permit tells of the tightest.
  Task<Status> TakeFrom(Permit& permit,
                        std::string key,
                        std::string_view policy,
                        RateLimit limit,
                        Deadline deadline) {
    const LimitDecision decision = co_await shared.dependencies.limiter->Take(
        shared.dependencies.scope + key, limit, 1, deadline);
    const BudgetReport report = MakeReport(policy, limit, decision);
    if (!decision.allowed || !permit.budget_ || report.remaining < permit.budget_->remaining) {
      permit.budget_ = report;
    }
    if (decision.allowed) co_return Status();
    co_return Refuse(Reason::kBudget,
                     Refusal(Code::kResourceExhausted,
                             "You ask more often than your limit allows; try again later.",
                             decision.retry_after));
  }
};

Entrance::Entrance(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Entrance::~Entrance() = default;

const MethodInfo& Entrance::info() const { return impl_->info; }

Result<Permit> Entrance::Enter() {
  const IngressDependencies& parts = impl_->shared.dependencies;
  Permit permit;
  if (impl_->breaker) {
    Result<Breaker::Permit> allowed = impl_->breaker->Allow();
    if (!allowed) return impl_->Refuse(Reason::kBreaker, std::move(allowed).error());
    permit.breaker_ = *std::move(allowed);
  }
  if (parts.degradation != nullptr && !impl_->info.feature.empty()) {
    if (Status on = parts.degradation->Check(impl_->info.feature); !on) {
      return impl_->Refuse(Reason::kDegraded, std::move(on).error());
    }
  }
  if (parts.shedder != nullptr) {
    Result<Shedder::Permit> admitted = parts.shedder->Admit(impl_->info.rate_class);
    if (!admitted) return impl_->Refuse(Reason::kShed, std::move(admitted).error());
    permit.shed_ = *std::move(admitted);
  }
  return permit;
}

Task<Status> Entrance::Limit(Permit& permit,
                             std::shared_ptr<const Principal> principal,
                             std::string address,
                             Deadline deadline) {
  const MethodInfo& info = impl_->info;
  const bool known = principal != nullptr && !principal->subject.empty();
  const bool service = known && principal->is_service;
  const std::string caller = known ? "user:" + principal->subject : "address:" + address;
  if (impl_->shared.dependencies.limiter != nullptr && !service) {
    const std::shared_ptr<const LimitTable> table = impl_->shared.limits();
    if (const RateLimit* own = table->OfOperation(info.label)) {
      std::string key = "call:";
      key.append(info.label).append(":").append(caller);
      VEDETTE_CO_CHECK_OK(
          co_await impl_->TakeFrom(permit, std::move(key), info.label, *own, deadline));
    }
    const RateLimit& budget = known ? table->Of(info.rate_class) : table->options.open;
    if (budget.IsSet()) {
      const std::string_view policy = known ? RateClassName(info.rate_class) : "open";
      std::string key = "class:";
      key.append(policy).append(":").append(caller);
      VEDETTE_CO_CHECK_OK(
          co_await impl_->TakeFrom(permit, std::move(key), policy, budget, deadline));
    }
  }
  if (!info.streams) co_return Status();
  permit.place_ = impl_->shared.streams.Take(service ? std::string() : caller);
  if (permit.place_ != nullptr) co_return Status();
  co_return impl_->Refuse(
      Reason::kStreams,
      Refusal(Code::kResourceExhausted, "As many streams are open as may be; try again later.",
              std::chrono::seconds(5)));
}

Deadline Entrance::DeadlineFor(Deadline asked, bool& shortened) const {
  const MethodInfo& info = impl_->info;
  shortened = asked.IsSet();
  if (info.streams) return asked;
  const auto timeout =
      info.timeout.count() != 0 ? info.timeout : impl_->shared.options.default_timeout;
  const Deadline own = Deadline::After(impl_->shared.dependencies.clock, timeout);
  shortened = asked.time < own.time;
  return asked.Earlier(own);
}

Ingress::Ingress(IngressOptions options, IngressDependencies dependencies)
    : shared_(std::make_unique<Shared>(std::move(options), dependencies)) {
  if (Status set = SetLimits(shared_->options.limits); !set) {
    throw std::invalid_argument(set.error().message);
  }
}

Ingress::~Ingress() = default;

Entrance& Ingress::At(const MethodInfo& info) {
  const std::lock_guard lock(shared_->mutex);
  std::unique_ptr<Entrance>& entrance = shared_->entrances[info.label];
  if (entrance == nullptr) {
    auto impl = std::make_unique<Entrance::Impl>(info, *shared_);
    if (Degradation* degradation = shared_->dependencies.degradation;
        degradation != nullptr && !info.feature.empty()) {
      degradation->Declare(info.feature);
    }
    if (shared_->options.breaker.enabled) {
      impl->breaker = shared_->breakers.Get(
          info.label, {{"kind", "route"}, {"operation", std::string(info.label)}});
    }
    entrance.reset(new Entrance(std::move(impl)));
  }
  return *entrance;
}

Status Ingress::SetLimits(LimitOptions limits) {
  VEDETTE_TRY(LimitTable table, ReadLimits(std::move(limits)));
  auto shared = std::make_shared<const LimitTable>(std::move(table));
  const std::lock_guard lock(shared_->mutex);
  shared_->table = std::move(shared);
  return {};
}

const IngressOptions& Ingress::options() const { return shared_->options; }
const Clock& Ingress::clock() const { return shared_->dependencies.clock; }

Ingress::State Ingress::Snapshot() const {
  State state;
  const std::lock_guard lock(shared_->mutex);
  state.limits = shared_->table->options;
  state.streams = shared_->streams.open();
  for (const auto& [label, entrance] : shared_->entrances) {
    const Entrance::Impl& impl = *entrance->impl_;
    state.operations.push_back(
        {.label = label,
         .rate_class = impl.info.rate_class,
         .feature = impl.info.feature,
         .breaker = impl.breaker ? std::optional(impl.breaker->Snapshot()) : std::nullopt});
  }
  return state;
}

}  // namespace vedette::rpc
