// SPDX-License-Identifier: Apache-2.0
#include "kit/balance/balancer.h"

#include <algorithm>
#include <utility>

namespace vedette {

Pick::Pick(std::shared_ptr<Instance> instance,
           OutlierEjector& ejector,
           const Clock& clock,
           SteadyTime now,
           bool stream)
    : instance_(std::move(instance)),
      ejector_(&ejector),
      clock_(&clock),
      started_(now),
      stream_(stream) {
  instance_->load.Begin(stream_);
}

Pick::~Pick() {
  if (instance_ == nullptr) return;
  if (!told_) Tell(Outcome::kNeither);
  instance_->load.End(stream_);
}

void Pick::Tell(Outcome outcome) {
  if (std::exchange(told_, true)) return;
  const SteadyTime now = clock_->SteadyNow();
  instance_->load.Observe(outcome, now - started_, now);
  ejector_->Record(*instance_, outcome);
}

Fitness FitnessOf(Instance& instance,
                  const PickRequest& request,
                  SteadyTime now,
                  bool connecting_is_ready) {
  const bool tried = std::ranges::find(request.avoid, &instance) != request.avoid.end();
  const Reach reach = instance.reach();
  const bool ready = reach == Reach::kReady || (connecting_is_ready && reach != Reach::kFailing);
  if (ready && !instance.ejection.Ejected(now)) return tried ? Fitness::kTried : Fitness::kGood;
  return tried ? Fitness::kLast : Fitness::kUntested;
}

}  // namespace vedette
