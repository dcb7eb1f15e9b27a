// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>

#include "base/clock.h"
#include "kit/balance/balancer.h"
#include "kit/balance/consistent_hash_ring.h"

namespace vedette {

// The instance that owns the key, as long as it has room: no instance holds more than 1.25 times
// its fair share of the calls under way; the next one along the ring takes what is over (consistent
// hashing with bounded loads, Mirrokni, Thorup and Zadimoghaddam 2018).
class ConsistentHashBalancer final : public Balancer {
 public:
  static constexpr double kLoadFactor = 1.25;

  // Both outlive it and its picks.
  ConsistentHashBalancer(const Clock& clock, OutlierEjector& ejector);

  // kInvalidArgument without a key.
  Result<Pick> Choose(const PickRequest& request) override;
  void Update(InstanceList instances) override;

 private:
  struct Members {
    InstanceList instances;
    ConsistentHashRing ring;
  };

  const Clock& clock_;
  OutlierEjector& ejector_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Members> members_;  // null: no instance
};

}  // namespace vedette
