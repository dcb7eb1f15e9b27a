// SPDX-License-Identifier: Apache-2.0
#include "kit/balance/load_meter.h"

#include <algorithm>
#include <cmath>

namespace vedette {

void LoadMeter::Observe(Outcome outcome, std::chrono::nanoseconds latency, SteadyTime now) {
  const std::scoped_lock lock(mutex_);
  const double mean = latency_.load(std::memory_order_relaxed);
  double seen = static_cast<double>(std::max(latency, std::chrono::nanoseconds(1)).count());
  if (outcome == Outcome::kNeither && seen <= mean) return;
  if (outcome != Outcome::kSuccess) seen = std::max(seen, mean);
  // The first call finds an instance of which only good is known.
  const std::chrono::nanoseconds elapsed =
      observed_ == SteadyTime() ? SteadyTime::duration(0) : std::max(now, observed_) - observed_;
  const double past =
      std::exp(-static_cast<double>(elapsed.count()) / static_cast<double>(kDecay.count()));
  const double latency_past = mean == 0 ? 0 : past;
  latency_.store(mean * latency_past + seen * (1 - latency_past), std::memory_order_relaxed);
  observed_ = now;
  if (outcome == Outcome::kNeither) return;
  const double success_past = std::clamp(past, 1 - kMostWeight, 1 - kLeastWeight);
  const double told = outcome == Outcome::kSuccess ? 1 : 0;
  success_.store(success() * success_past + told * (1 - success_past), std::memory_order_relaxed);
}

double LoadMeter::Penalty() const {
  const double ratio = kGoodSuccess / std::clamp(success(), kLeastSuccess, kGoodSuccess);
  return ratio * ratio;
}

double LoadMeter::CallLoad(bool with_latency) const {
  const double slowness = with_latency ? std::floor(std::sqrt(latency() + 1)) : 1;
  return slowness * static_cast<double>(calls() + 1) * Penalty();
}

double LoadMeter::StreamLoad() const { return static_cast<double>(streams() + 1) * Penalty(); }

bool LoadMeter::ClaimSilent(SteadyTime now, std::chrono::nanoseconds silence) {
  SteadyTime last = picked();
  return now - last > silence && picked_.compare_exchange_strong(last, now);
}

}  // namespace vedette
