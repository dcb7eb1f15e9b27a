// SPDX-License-Identifier: Apache-2.0
#include "kit/breaker/breaker.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>

#include "kit/breaker/refusal.h"
#include "kit/breaker/rolling_window.h"
#include "kit/config/section.h"
#include "kit/telemetry/metrics.h"

namespace vedette {
namespace {

constexpr std::size_t kReasons = 5;

// Short enough to need no memory of its own.
constexpr const char* kRefusal = "circuit is open";

void Count(Counter* counter) {
  if (counter != nullptr) counter->Add();
}

}  // namespace

void BreakerOptions::Describe(config::Section& section) {
  section.Field("enabled", enabled, {.text = "Whether breakers refuse anything."});
  section.Field("window", window,
                {.text = "The past that decides.", .minimum = 100, .maximum = 600'000});
  section.Field("buckets", buckets,
                {.text = "Parts of the window.", .minimum = 1, .maximum = 1000});
  section.Field("k", k,
                {.text = "Refusals begin when calls exceed k times those that succeeded.",
                 .minimum = 1,
                 .maximum = 100});
  section.Field("k_minimum", k_minimum,
                {.text = "What k falls to while every part of the window failed.",
                 .minimum = 1,
                 .maximum = 100});
  section.Field("protection", protection,
                {.text = "So many failures in the window never lead to a refusal.",
                 .minimum = 0,
                 .maximum = 1e6});
  section.Field(
      "forced_pass", forced_pass,
      {.text = "One call passes when none did for so long.", .minimum = 1, .maximum = 3.6e6});
}

Outcome OutcomeOf(const Error* error) {
  if (error == nullptr) return Outcome::kSuccess;
  switch (error->code) {
    case Code::kDeadlineExceeded:
    case Code::kInternal:
    case Code::kUnavailable:
    case Code::kUnimplemented:
      return Outcome::kFailure;
    case Code::kCancelled:
    case Code::kResourceExhausted:
      return Outcome::kNeither;
    case Code::kInvalidArgument:
    case Code::kUnauthenticated:
    case Code::kPermissionDenied:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kConflict:
    case Code::kFailedPrecondition:
    case Code::kPayloadTooLarge:
      return Outcome::kSuccess;
  }
  return Outcome::kFailure;
}

struct Breaker::Impl {
  const std::string name;
  const BreakerOptions options;
  const Clock& clock;
  RandomSource& random;
  const BreakerCounters counters;

  mutable std::mutex mutex;
  RollingWindow<BreakerBucket> window;
  BreakerHistory complete;              // of the window without its current bucket
  std::optional<SteadyTime> last_pass;  // of those that could have been refused
  std::array<std::pair<Timestamp, std::string_view>, kReasons> reasons;  // a ring
  std::size_t reason_count = 0;

  Impl(std::string breaker_name,
       const BreakerOptions& breaker_options,
       const Clock& breaker_clock,
       RandomSource& breaker_random,
       BreakerCounters breaker_counters)
      : name(std::move(breaker_name)),
        options(breaker_options),
        clock(breaker_clock),
        random(breaker_random),
        counters(breaker_counters),
        window(
            static_cast<std::size_t>(std::max<std::int64_t>(options.buckets, 0)),
            std::chrono::nanoseconds(options.window) / std::max<std::int64_t>(options.buckets, 1),
            clock.SteadyNow()) {}

  // The rest is with the mutex held.

  // A window is only summed up when its bucket changes; between, the current bucket is added.
  void Advance(SteadyTime now) {
    if (!window.Advance(now)) return;
    complete = BreakerHistory();
    window.ForEachComplete(now, [&](const BreakerBucket& bucket) { complete.Append(bucket); });
  }

  bool Passes(SteadyTime now) {
    BreakerHistory history = complete;
    history.Append(window.current());
    if (RefusalRatio(options, history) <= 0) return true;
    const bool forced = last_pass && now - *last_pass > options.forced_pass;
    if (!forced && random.Uniform() < RefusalProbability(options, history)) return false;
    last_pass = now;
    return true;
  }
};

Breaker::Breaker(std::string name,
                 const BreakerOptions& options,
                 const Clock& clock,
                 RandomSource& random,
                 BreakerCounters counters)
    : impl_(std::make_unique<Impl>(std::move(name), options, clock, random, counters)) {}

Breaker::~Breaker() = default;

Result<Breaker::Permit> Breaker::Allow() {
  if (impl_->options.enabled) {
    const SteadyTime now = impl_->clock.SteadyNow();
    std::unique_lock lock(impl_->mutex);
    impl_->Advance(now);
    if (!impl_->Passes(now)) {
      ++impl_->window.current().refused;
      lock.unlock();
      Count(impl_->counters.refused);
      return Fail(Error{.code = Code::kUnavailable,
                        .message = kRefusal,
                        .retry_after = impl_->options.forced_pass});
    }
  }
  Count(impl_->counters.allowed);
  return Permit(this);
}

void Breaker::Permit::End(Outcome outcome, std::string_view reason) {
  Breaker* const breaker = std::exchange(breaker_, nullptr);
  if (breaker == nullptr || outcome == Outcome::kNeither) return;
  Impl& impl = *breaker->impl_;
  if (outcome == Outcome::kFailure) Count(impl.counters.failed);
  if (!impl.options.enabled) return;
  const SteadyTime now = impl.clock.SteadyNow();
  if (outcome == Outcome::kSuccess) {
    const std::scoped_lock lock(impl.mutex);
    impl.Advance(now);
    ++impl.window.current().accepted;
    return;
  }
  const Timestamp time = impl.clock.Now();
  const std::scoped_lock lock(impl.mutex);
  impl.Advance(now);
  ++impl.window.current().failed;
  impl.reasons[impl.reason_count++ % kReasons] = {time, reason};
}

const std::string& Breaker::name() const { return impl_->name; }

Breaker::State Breaker::Snapshot() const {
  const SteadyTime now = impl_->clock.SteadyNow();
  const std::scoped_lock lock(impl_->mutex);
  State state;
  BreakerHistory history;
  impl_->window.ForEach(now, [&](const BreakerBucket& bucket) {
    history.Append(bucket);
    state.failed += bucket.failed;
    state.refused += bucket.refused;
  });
  state.total = history.total;
  state.accepted = history.accepted;
  state.refusal_probability = RefusalProbability(impl_->options, history);
  const std::size_t kept = std::min(impl_->reason_count, kReasons);
  for (std::size_t age = 1; age <= kept; ++age) {
    state.reasons.push_back(impl_->reasons[(impl_->reason_count - age) % kReasons]);
  }
  return state;
}

}  // namespace vedette
