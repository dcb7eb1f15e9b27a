// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kit/balance/load_meter.h"
#include "kit/balance/outlier_ejector.h"

namespace vedette {

// How an instance can be reached now.
enum class Reach : std::uint8_t { kReady, kConnecting, kFailing };

// One instance of a service, with what is known of it. It keeps its state as long as its owner
// keeps it, whatever lists it enters and leaves. Thread-safe.
class Instance {
 public:
  explicit Instance(std::string address) : address_(std::move(address)) {}
  virtual ~Instance() = default;
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const std::string& address() const { return address_; }
  // Asked for at each pick: cheap, and may set off a new attempt to connect.
  virtual Reach reach() { return Reach::kReady; }

  LoadMeter load;
  EjectionState ejection;

 private:
  const std::string address_;
};

using InstanceList = std::vector<std::shared_ptr<Instance>>;

}  // namespace vedette
