// SPDX-License-Identifier: Apache-2.0
#include "kit/balance/outlier_ejector.h"

#include <algorithm>

#include "kit/balance/instance.h"
#include "kit/config/section.h"
#include "kit/telemetry/metrics.h"

namespace vedette {

void EjectionOptions::Describe(config::Section& section) {
  section.Field("enabled", enabled, {.text = "Leave out instances that fail."});
  section.Field("consecutive_failures", consecutive_failures,
                {.text = "So many in a row eject an instance.", .minimum = 1, .maximum = 1000});
  section.Field(
      "failure_share", failure_share,
      {.text = "So large a part of a window's calls ejects it.", .minimum = 0.01, .maximum = 1});
  section.Field(
      "least_calls", least_calls,
      {.text = "Calls within the window before their share counts.", .minimum = 1, .maximum = 1e6});
  section.Field("window", window,
                {.text = "Time over which the share is taken.", .minimum = 100, .maximum = 6e5});
  section.Field("first_time", first_time,
                {.text = "How long an instance is left out the first time; doubled each time.",
                 .minimum = 100,
                 .maximum = 3.6e6});
  section.Field("longest_time", longest_time,
                {.text = "The longest that it is left out.", .minimum = 100, .maximum = 3.6e6});
}

OutlierEjector::OutlierEjector(const EjectionOptions& options,
                               const Clock& clock,
                               Counter* ejections)
    : options_(options), clock_(clock), ejections_(ejections) {}

void OutlierEjector::Update(std::vector<std::shared_ptr<Instance>> instances) {
  const std::scoped_lock lock(mutex_);
  instances_ = std::move(instances);
}

void OutlierEjector::Record(Instance& instance, Outcome outcome) {
  if (!options_.enabled || outcome == Outcome::kNeither) return;
  const SteadyTime now = clock_.SteadyNow();
  const std::scoped_lock lock(mutex_);
  EjectionState& state = instance.ejection;
  Turn(state, now);
  ++state.present_.calls;
  if (outcome == Outcome::kSuccess) {
    state.in_a_row_ = 0;
    return;
  }
  ++state.present_.failures;
  ++state.in_a_row_;
  // Calls that were under way when it was ejected do not prolong its time.
  if (state.Ejected(now) || !IsOutlier(state) || !MayEject(now)) return;
  const std::int64_t factor = std::int64_t{1} << std::min(state.times_, 20);
  const auto time = std::min(options_.first_time * factor, options_.longest_time);
  ++state.times_;
  state.until_.store(now + time, std::memory_order_relaxed);
  // Back on probation: one more failure is enough.
  state.in_a_row_ = options_.consecutive_failures - 1;
  state.present_ = state.past_ = {};
  if (ejections_ != nullptr) ejections_->Add();
}

void OutlierEjector::Turn(EjectionState& state, SteadyTime now) const {
  const auto half = options_.window / 2;
  if (now - state.turned_ >= half) {
    state.past_ = now - state.turned_ < 2 * half ? state.present_ : EjectionState::Span();
    state.present_ = {};
    state.turned_ = now;
  }
  const SteadyTime until = state.until_.load(std::memory_order_relaxed);
  if (state.times_ > 0 && now - until >= 2 * options_.longest_time) state.times_ = 0;
}

bool OutlierEjector::IsOutlier(const EjectionState& state) const {
  if (state.in_a_row_ >= options_.consecutive_failures) return true;
  const auto calls = static_cast<double>(state.present_.calls + state.past_.calls);
  const auto failures = static_cast<double>(state.present_.failures + state.past_.failures);
  return calls >= static_cast<double>(options_.least_calls) &&
         failures >= calls * options_.failure_share;
}

bool OutlierEjector::MayEject(SteadyTime now) const {
  const auto ejected = std::ranges::count_if(
      instances_, [now](const auto& instance) { return instance->ejection.Ejected(now); });
  return (static_cast<std::size_t>(ejected) + 1) * 2 <= instances_.size();
}

}  // namespace vedette
