// SPDX-License-Identifier: Apache-2.0
#include "kit/breaker/breaker_registry.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "kit/config/section.h"

namespace vedette {
namespace {

// The breakers that count under the same labels.
class Group {
 public:
  void Add(const std::shared_ptr<Breaker>& breaker) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(breakers_, [](const auto& held) { return held.expired(); });
    breakers_.push_back(breaker);
  }

  double RefusalProbability() const {
    const std::scoped_lock lock(mutex_);
    double largest = 0;
    for (const std::weak_ptr<Breaker>& held : breakers_) {
      const std::shared_ptr<Breaker> breaker = held.lock();
      if (breaker) largest = std::max(largest, breaker->Snapshot().refusal_probability);
    }
    return largest;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<Breaker>> breakers_;
};

}  // namespace

void BreakerRegistryOptions::Describe(config::Section& section) {
  breaker.Describe(section);
  section.Field("limit", limit,
                {.text = "Breakers that are remembered by name.", .minimum = 1, .maximum = 1e6});
  section.Field("disabled", disabled, {.text = "Names of breakers that never refuse anything."});
}

struct BreakerRegistry::Impl {
  const BreakerRegistryOptions options;
  const Clock& clock;
  RandomSource& random;
  MetricsRegistry& metrics;

  mutable std::mutex mutex;
  std::map<std::string, std::shared_ptr<Breaker>, std::less<>> breakers;
  // The metrics of a group stay registered, so a group stays too.
  std::map<MetricLabels, std::shared_ptr<Group>> groups;

  // With the mutex held, as below.
  Group& GroupOf(const MetricLabels& labels) {
    std::shared_ptr<Group>& group = groups[labels];
    if (!group) {
      group = std::make_shared<Group>();
      metrics.AddGaugeCallback(
          "vedette_breaker_refusal_probability",
          "How likely the next call is refused; the largest of the breakers with these labels.",
          labels, [group] { return group->RefusalProbability(); });
    }
    return *group;
  }

  std::shared_ptr<Breaker> Make(std::string_view name, const MetricLabels& labels) {
    BreakerOptions breaker_options = options.breaker;
    if (std::ranges::find(options.disabled, name) != options.disabled.end()) {
      breaker_options.enabled = false;
    }
    const BreakerCounters counters{
        .allowed = &metrics.GetCounter("vedette_breaker_allowed_total",
                                       "Calls that breakers let through.", labels),
        .refused =
            &metrics.GetCounter("vedette_breaker_refused_total",
                                "Calls refused because what they need fails too often.", labels),
        .failed = &metrics.GetCounter("vedette_breaker_failed_total",
                                      "Calls let through that failed.", labels)};
    auto breaker =
        std::make_shared<Breaker>(std::string(name), breaker_options, clock, random, counters);
    GroupOf(labels).Add(breaker);
    return breaker;
  }

  // Whether there is room for one more.
  bool MakeRoom() {
    const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(options.limit, 1));
    if (breakers.size() < limit) return true;
    std::erase_if(breakers, [](const auto& entry) { return entry.second.use_count() == 1; });
    return breakers.size() < limit;
  }
};

BreakerRegistry::BreakerRegistry(BreakerRegistryOptions options,
                                 const Clock& clock,
                                 RandomSource& random,
                                 MetricsRegistry& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), clock, random, metrics)) {}

BreakerRegistry::~BreakerRegistry() = default;

std::shared_ptr<Breaker> BreakerRegistry::Get(std::string_view name, MetricLabels labels) {
  std::ranges::sort(labels);
  const std::scoped_lock lock(impl_->mutex);
  const auto found = impl_->breakers.find(name);
  if (found != impl_->breakers.end()) return found->second;
  std::shared_ptr<Breaker> breaker = impl_->Make(name, labels);
  if (impl_->MakeRoom()) impl_->breakers.emplace(name, breaker);
  return breaker;
}

std::vector<BreakerRegistry::Entry> BreakerRegistry::Snapshot() const {
  std::vector<std::shared_ptr<Breaker>> breakers;
  {
    const std::scoped_lock lock(impl_->mutex);
    for (const auto& [name, breaker] : impl_->breakers) breakers.push_back(breaker);
  }
  std::vector<Entry> entries;
  entries.reserve(breakers.size());
  for (const auto& breaker : breakers) entries.push_back({breaker->name(), breaker->Snapshot()});
  return entries;
}

}  // namespace vedette
