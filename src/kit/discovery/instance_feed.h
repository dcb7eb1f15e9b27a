// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "kit/discovery/discovery.h"
#include "kit/discovery/resolver.h"
#include "kit/telemetry/metrics.h"

namespace vedette::discovery {

// The list that a resolver has now, and who wants to know. Keeps the last good one: an empty list
// never replaces one with instances; a list that says the same again is told to nobody. Counts and
// logs. Thread-safe.
class InstanceFeed {
 public:
  // `target` names the feed in the log and the metrics: it comes from the configuration.
  InstanceFeed(std::string target, MetricsRegistry& metrics, Logger logger, const Clock& clock);
  ~InstanceFeed();

  // What the source says now; any order, duplicates allowed.
  void Publish(Instances instances);
  // The source cannot be reached or understood.
  void Fail(const Error& error);

  Instances Current() const;
  std::unique_ptr<Subscription> Subscribe(std::function<void(const Instances&)> changed);
  ResolverState State() const;
  const Logger& logger() const;

 private:
  struct Shared;
  class Entry;
  std::shared_ptr<Shared> shared_;
};

}  // namespace vedette::discovery
