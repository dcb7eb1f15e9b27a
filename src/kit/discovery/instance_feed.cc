// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/instance_feed.h"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace vedette::discovery {
namespace {

using Callback = std::shared_ptr<std::function<void(const Instances&)>>;

// One that throws is a defect, but the others are told.
void Tell(const Logger& logger, const Callback& changed, const Instances& now) {
  try {
    (*changed)(now);
  } catch (const std::exception& error) {
    logger.Error("a subscriber of service instances failed", {{"error", error.what()}});
  }
}

double Seconds(Timestamp time) { return static_cast<double>(ToUnixMicros(time)) / 1e6; }

}  // namespace

struct InstanceFeed::Shared {
  Shared(std::string target, MetricsRegistry& metrics, Logger given, const Clock& the_clock)
      : clock(the_clock),
        logger(given.With({{"target", target}})),
        instances(metrics.GetGauge("vedette_discovery_instances",
                                   "Instances that a resolver knows.",
                                   {{"target", target}})),
        contact(metrics.GetGauge("vedette_discovery_last_contact_timestamp_seconds",
                                 "When the source of a resolver answered last.",
                                 {{"target", target}})),
        changes(metrics.GetCounter("vedette_discovery_changes_total",
                                   "Lists of instances that differed from the one before.",
                                   {{"target", target}})),
        failures(metrics.GetCounter("vedette_discovery_failures_total",
                                    "Times that the source of a resolver was away or made no "
                                    "sense.",
                                    {{"target", target}})),
        kept(metrics.GetGauge("vedette_discovery_kept_last_good",
                              "1 while the source knows no instance and the list before is kept.",
                              {{"target", target}})) {
    state.target = std::move(target);
  }

  const Clock& clock;
  const Logger logger;
  Gauge& instances;
  Gauge& contact;
  Counter& changes;
  Counter& failures;
  Gauge& kept;

  std::mutex telling;  // held while subscribers are called
  std::mutex mutex;    // of what follows; taken after `telling`
  ResolverState state;
  bool outage_told = false;
  std::vector<Callback> subscribers;
};

class InstanceFeed::Entry final : public Subscription {
 public:
  Entry(std::shared_ptr<Shared> shared, Callback callback)
      : shared_(std::move(shared)), callback_(std::move(callback)) {}
  ~Entry() override {
    const std::scoped_lock telling(shared_->telling);
    const std::scoped_lock lock(shared_->mutex);
    std::erase(shared_->subscribers, callback_);
  }

 private:
  std::shared_ptr<Shared> shared_;
  Callback callback_;
};

InstanceFeed::InstanceFeed(std::string target,
                           MetricsRegistry& metrics,
                           Logger logger,
                           const Clock& clock)
    : shared_(std::make_shared<Shared>(std::move(target), metrics, std::move(logger), clock)) {}
InstanceFeed::~InstanceFeed() = default;

void InstanceFeed::Publish(Instances instances) {
  std::ranges::sort(instances);
  instances.erase(std::ranges::unique(instances).begin(), instances.end());
  Shared& shared = *shared_;
  const std::scoped_lock telling(shared.telling);
  std::vector<Callback> subscribers;
  {
    const std::scoped_lock lock(shared.mutex);
    ResolverState& state = shared.state;
    if (!state.connected) shared.logger.Info("service instances are watched");
    state.connected = true;
    shared.outage_told = false;
    state.last_contact = shared.clock.Now();
    shared.contact.Set(Seconds(state.last_contact));
    const bool keep = instances.empty() && !state.instances.empty();
    if (keep && !state.kept_last_good) {
      shared.logger.Warning("no instance is registered; the last known ones are kept",
                            {{"instances", state.instances.size()}});
    }
    state.kept_last_good = keep;
    shared.kept.Set(keep ? 1 : 0);
    if (keep || instances == state.instances) return;
    shared.logger.Info("service instances changed",
                       {{"before", state.instances.size()}, {"instances", instances.size()}});
    shared.changes.Add();
    shared.instances.Set(static_cast<double>(instances.size()));
    state.instances = instances;
    subscribers = shared.subscribers;
  }
  for (const Callback& changed : subscribers) Tell(shared.logger, changed, instances);
}

void InstanceFeed::Fail(const Error& error) {
  Shared& shared = *shared_;
  shared.failures.Add();
  const std::scoped_lock lock(shared.mutex);
  // Said once per outage, not once per attempt.
  if (!std::exchange(shared.outage_told, true)) {
    shared.logger.Warning("service instances cannot be read; the last known ones are kept",
                          {{"error", error.message}, {"instances", shared.state.instances.size()}});
  }
  shared.state.connected = false;
}

Instances InstanceFeed::Current() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->state.instances;
}

std::unique_ptr<Subscription> InstanceFeed::Subscribe(
    std::function<void(const Instances&)> changed) {
  auto callback = std::make_shared<std::function<void(const Instances&)>>(std::move(changed));
  const std::scoped_lock telling(shared_->telling);
  Instances now;
  {
    const std::scoped_lock lock(shared_->mutex);
    shared_->subscribers.push_back(callback);
    now = shared_->state.instances;
  }
  Tell(shared_->logger, callback, now);
  return std::make_unique<Entry>(shared_, std::move(callback));
}

ResolverState InstanceFeed::State() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->state;
}

const Logger& InstanceFeed::logger() const { return shared_->logger; }

}  // namespace vedette::discovery
