// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/random.h"
#include "kit/balance/balancer.h"

namespace vedette {

// Power of two choices (Mitzenmacher 2001) over the loads of LoadMeter: of two instances taken at
// random the less loaded one. Up to three pairs are drawn until both are healthy. The loser is
// taken all the same when it was not picked for a second, so that nobody is forgotten.
class P2cBalancer final : public Balancer {
 public:
  static constexpr std::chrono::nanoseconds kSilence = std::chrono::seconds(1);

  // All outlive it and its picks.
  P2cBalancer(const Clock& clock, RandomSource& random, OutlierEjector& ejector);

  Result<Pick> Choose(const PickRequest& request) override;
  void Update(InstanceList instances) override;

 private:
  std::shared_ptr<const InstanceList> Instances() const;
  std::shared_ptr<Instance> Draw(const InstanceList& list,
                                 const PickRequest& request,
                                 SteadyTime now);
  std::shared_ptr<Instance> DrawCarefully(const InstanceList& list,
                                          const PickRequest& request,
                                          SteadyTime now);

  const Clock& clock_;
  RandomSource& random_;
  OutlierEjector& ejector_;
  mutable std::mutex mutex_;
  std::shared_ptr<const InstanceList> instances_ = std::make_shared<const InstanceList>();
};

}  // namespace vedette
