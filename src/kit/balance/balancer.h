// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "kit/balance/instance.h"

namespace vedette {

class OutlierEjector;

// One choice, under way until it is destroyed. Tell once how the call ended; untold, as when the
// caller left, it counts as kNeither. Movable.
class Pick {
 public:
  Pick(std::shared_ptr<Instance> instance,
       OutlierEjector& ejector,
       const Clock& clock,
       SteadyTime now,
       bool stream);
  Pick(Pick&& other) noexcept = default;
  Pick& operator=(Pick&& other) = delete;
  ~Pick();

  Instance& instance() const { return *instance_; }
  SteadyTime started() const { return started_; }
  std::chrono::nanoseconds elapsed() const { return clock_->SteadyNow() - started_; }
  // The latency is the time since the pick.
  void Tell(Outcome outcome);

 private:
  std::shared_ptr<Instance> instance_;  // null once moved from
  OutlierEjector* ejector_;
  const Clock* clock_;
  SteadyTime started_;
  bool stream_;
  bool told_ = false;
};

struct PickRequest {
  std::optional<std::string_view> key = std::nullopt;  // the same key, the same instance
  // Tried before: taken again only when there is nothing better.
  std::span<const Instance* const> avoid = {};
  bool stream = false;  // long: counted apart from calls
};

// Chooses the instance for a call: one that is ready and not ejected if there is one; failing that
// the least bad. Thread-safe. The picks end before the balancer's dependencies are destroyed.
class Balancer {
 public:
  virtual ~Balancer() = default;
  // kUnavailable when there is no instance at all.
  virtual Result<Pick> Choose(const PickRequest& request) = 0;
  virtual void Update(InstanceList instances) = 0;
};

// How good a choice an instance is; lower is better.
enum class Fitness : std::uint8_t {
  kGood,      // ready, not ejected, not tried yet
  kTried,     // ready, not ejected
  kUntested,  // not tried yet, but ejected or not ready
  kLast,
};

// `connecting_is_ready`: one that is being connected to will do too, as where the key decides.
Fitness FitnessOf(Instance& instance,
                  const PickRequest& request,
                  SteadyTime now,
                  bool connecting_is_ready);

}  // namespace vedette
