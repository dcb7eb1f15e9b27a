// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "kit/queue/publisher.h"
#include "kit/telemetry/metrics.h"

namespace vedette::queue {

struct InProcessBusOptions {
  std::int64_t in_flight = 256;  // deliveries of one subscriber at a time; more are refused
};

// Messages to subscribers of the same process. A message counts as published once every subscriber
// of its topic has answered success; otherwise all of them see it again, so a subscriber must bear
// repetitions. What a subscriber throws is kInternal. Thread-safe.
//
// Metrics: vedette_bus_deliveries_total{subscriber,outcome=done|failed|refused}.
class InProcessBus final : public Publisher {
 public:
  using Subscriber = std::function<Task<Status>(Message)>;

  InProcessBus(InProcessBusOptions options, Logger logger, MetricsRegistry& metrics);
  ~InProcessBus() override;

  // `topic` is a whole topic, or ends with ".*" for all below it, or is "*". `name` labels the
  // metrics. Subscribe before the relay starts.
  void Subscribe(std::string topic, std::string name, Subscriber subscriber);

  // Success at once when nobody subscribes to the topic. kResourceExhausted when a subscriber has
  // too much in flight.
  Task<Status> Publish(Message message) override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vedette::queue
