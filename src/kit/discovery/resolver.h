// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kit/task/task.h"

namespace vedette::discovery {

// The instances of one service: "host:port" each, sorted, without duplicates.
using Instances = std::vector<std::string>;

// Ends the subscription when destroyed; the callback does not run after that.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

// Knows where the instances of one service are, and tells changes. Keeps the last known good list
// when its source is away or answers with nothing. Thread-safe.
class Resolver {
 public:
  virtual ~Resolver() = default;
  // Empty as long as nothing was heard.
  virtual Instances Current() const = 0;
  // `changed` is called soon with the present list and then with each new one, in order, from any
  // thread; it is quick and does not call back.
  virtual std::unique_ptr<Subscription> Subscribe(
      std::function<void(const Instances&)> changed) = 0;
};

// Tells others where this process offers a service. Thread-safe.
class Registrar {
 public:
  virtual ~Registrar() = default;
  // After listening. Succeeds at once and keeps trying when the registry is away; heals itself when
  // the registry forgot it.
  virtual Task<Status> Register(std::string service, std::string address) = 0;
  // Takes every registration back, as far as the registry answers by `deadline`; what it did not
  // take back ends by itself. No registration comes back after it.
  virtual Task<void> Deregister(SteadyTime deadline) = 0;
};

}  // namespace vedette::discovery
