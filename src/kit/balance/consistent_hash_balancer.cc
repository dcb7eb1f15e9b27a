// SPDX-License-Identifier: Apache-2.0
#include "kit/balance/consistent_hash_balancer.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace vedette {

ConsistentHashBalancer::ConsistentHashBalancer(const Clock& clock, OutlierEjector& ejector)
    : clock_(clock), ejector_(ejector) {}

void ConsistentHashBalancer::Update(InstanceList instances) {
  std::shared_ptr<const Members> members;
  if (!instances.empty()) {
    std::vector<std::string> addresses;
    for (const auto& instance : instances) addresses.push_back(instance->address());
    members = std::make_shared<const Members>(
        Members{std::move(instances), ConsistentHashRing(addresses)});
  }
  const std::scoped_lock lock(mutex_);
  members_.swap(members);
}

Result<Pick> ConsistentHashBalancer::Choose(const PickRequest& request) {
  if (!request.key) {
    return Fail(Code::kInvalidArgument, "A call to one certain instance needs its key.");
  }
  std::shared_ptr<const Members> members;
  {
    const std::scoped_lock lock(mutex_);
    members = members_;
  }
  if (!members) return Fail(Code::kUnavailable, "No instance of the service is known.");
  const SteadyTime now = clock_.SteadyNow();
  const InstanceList& list = members->instances;
  std::vector<Fitness> fitness;
  fitness.reserve(list.size());
  Fitness least = Fitness::kLast;
  for (const auto& instance : list) {
    fitness.push_back(FitnessOf(*instance, request, now, true));
    least = std::min(least, fitness.back());
  }
  std::int64_t calls = 1;  // this one
  std::int64_t fit = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (fitness[i] != least) continue;
    ++fit;
    calls += list[i]->load.calls();
  }
  const auto room = static_cast<std::int64_t>(
      std::ceil(kLoadFactor * static_cast<double>(calls) / static_cast<double>(fit)));
  auto found = members->ring.Find(*request.key, [&](std::size_t i) {
    return fitness[i] == least && list[i]->load.calls() < room;
  });
  // Others may have filled the last room meanwhile.
  if (!found) found = members->ring.Find(*request.key, [&](auto i) { return fitness[i] == least; });
  list[*found]->load.SetPicked(now);
  return Pick(list[*found], ejector_, clock_, now, request.stream);
}

}  // namespace vedette
