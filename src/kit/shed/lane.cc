// SPDX-License-Identifier: Apache-2.0
#include "kit/shed/lane.h"

#include <algorithm>

namespace vedette {
namespace {

// Whether `time` is less than `duration` before `now`; SteadyTime::min() is never.
bool IsWithin(SteadyTime time, SteadyTime::duration duration, SteadyTime now) {
  return time != SteadyTime::min() && now - time < duration;
}

double ThresholdOf(const ShedOptions& options, RateClass rate_class) {
  switch (rate_class) {
    case RateClass::kCapture:
      return options.capture_threshold;
    case RateClass::kInteractive:
      return options.interactive_threshold;
    case RateClass::kReport:
      return options.report_threshold;
  }
  return options.interactive_threshold;
}

std::chrono::milliseconds WaitOf(const ShedOptions& options, RateClass rate_class) {
  switch (rate_class) {
    case RateClass::kCapture:
      return options.capture_wait;
    case RateClass::kInteractive:
      return options.interactive_wait;
    case RateClass::kReport:
      return options.report_wait;
  }
  return options.interactive_wait;
}

Counter& CounterOf(RateClass rate_class,
                   std::string_view result,
                   MetricsRegistry& metrics,
                   MetricLabels labels) {
  labels.emplace_back("class", RateClassName(rate_class));
  labels.emplace_back("result", result);
  return metrics.GetCounter("vedette_shed_calls_total",
                            "Calls by what overload protection saw of them.", std::move(labels));
}

}  // namespace

Lane::Lane(RateClass rate_class,
           const ShedOptions& options,
           SteadyTime start,
           MetricsRegistry& metrics,
           const MetricLabels& labels)
    : rate_class_(rate_class),
      threshold_(ThresholdOf(options, rate_class)),
      wait_(WaitOf(options, rate_class)),
      options_(options),
      passed_(CounterOf(rate_class, "passed", metrics, labels)),
      failed_(CounterOf(rate_class, "failed", metrics, labels)),
      refused_(CounterOf(rate_class, "refused", metrics, labels)),
      served_(static_cast<std::size_t>(std::max<std::int64_t>(options.buckets, 0)),
              std::chrono::nanoseconds(options.window) / std::max<std::int64_t>(options.buckets, 1),
              start) {}

bool Lane::Refuses(double usage, SteadyTime now) {
  if (!IsHot(usage, now)) return false;
  {
    const std::scoped_lock lock(mutex_);
    const Limits limits = LimitsAt(usage, now);
    if (average_flying_ <= limits.work) return false;
    if (static_cast<double>(flying()) <= limits.work + limits.waiting) return false;
  }
  refused_at_.store(now, std::memory_order_relaxed);
  refused_recently_.store(true, std::memory_order_relaxed);
  refused_.Add();
  return true;
}

void Lane::Pass(std::int64_t found, SteadyTime started, SteadyTime now) {
  passed_.Add();
  const std::scoped_lock lock(mutex_);
  EndFlight(found);
  served_.AddPass(now, now - started);
}

void Lane::Fail(std::int64_t found) {
  failed_.Add();
  const std::scoped_lock lock(mutex_);
  EndFlight(found);
}

bool Lane::IsShedding(const Clock& clock) const {
  const SteadyTime refused_at = refused_at_.load(std::memory_order_relaxed);
  if (refused_at == SteadyTime::min()) return false;
  return IsWithin(refused_at, options_.cool_off, clock.SteadyNow());
}

Shedder::State Lane::Snapshot(std::optional<double> usage, const Clock& clock) {
  Shedder::State state{.rate_class = rate_class_,
                       .passed = passed_.Value(),
                       .failed = failed_.Value(),
                       .refused = refused_.Value(),
                       .flying = flying(),
                       .shedding = IsShedding(clock)};
  const SteadyTime now = clock.SteadyNow();
  const std::scoped_lock lock(mutex_);
  const Served& served = served_.ServedBy(now);
  state.average_flying = average_flying_;
  const Limits limits = LimitsAt(usage.value_or(0), now);
  state.work_limit = limits.work;
  state.limit = limits.work + limits.waiting;
  state.most_passed = served.most_passed;
  state.least_time_ms = served.least_time_ms;
  return state;
}

bool Lane::IsHot(double usage, SteadyTime now) {
  if (usage >= threshold_) {
    overloaded_at_.store(now, std::memory_order_relaxed);
    return true;
  }
  if (!refused_recently_.load(std::memory_order_relaxed)) return false;
  if (IsWithin(overloaded_at_.load(std::memory_order_relaxed), options_.cool_off, now)) return true;
  refused_recently_.store(false, std::memory_order_relaxed);
  return false;
}

void Lane::EndFlight(std::int64_t found) {
  flying_.fetch_sub(1, std::memory_order_relaxed);
  // At its end, go-zero's moment, a server that reads a bunch of calls and serves them all before
  // it reads again would always look idle.
  const double beta = options_.flight_beta;
  average_flying_ = beta * average_flying_ + (1 - beta) * static_cast<double>(found);
}

Lane::Limits Lane::LimitsAt(double usage, SteadyTime now) {
  const double buckets_per_second = static_cast<double>(options_.buckets) /
                                    std::chrono::duration<double>(options_.window).count();
  const Served& served = served_.ServedBy(now);
  const double factor = OverloadFactor(usage, threshold_, options_.minimum_factor);
  return {.work = FlightLimit(served, buckets_per_second, factor),
          .waiting = WaitingLimit(served, buckets_per_second, wait_)};
}

}  // namespace vedette
