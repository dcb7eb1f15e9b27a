// SPDX-License-Identifier: Apache-2.0
#include "kit/balance/p2c_balancer.h"

#include <array>
#include <utility>
#include <vector>

namespace vedette {
namespace {

constexpr int kPairs = 3;
constexpr double kHealthy = 0.5;

// Two different numbers below `count`, which is at least 2.
std::pair<std::size_t, std::size_t> TwoOf(std::size_t count, RandomSource& random) {
  const std::size_t one = random.Below(count);
  const std::size_t other = random.Below(count - 1);
  return {one, other + (other >= one ? 1 : 0)};
}

// The less loaded one, or the other when it was silent for long.
const std::shared_ptr<Instance>& Better(const std::shared_ptr<Instance>& one,
                                        const std::shared_ptr<Instance>& other,
                                        bool stream,
                                        SteadyTime now) {
  const auto load = [&](const Instance& instance) {
    if (stream) return instance.load.StreamLoad();
    // One that nobody has heard of yet is taken to be as quick as the other.
    return instance.load.CallLoad(one->load.latency() > 0 && other->load.latency() > 0);
  };
  const bool first = load(*one) <= load(*other);
  const std::shared_ptr<Instance>& winner = first ? one : other;
  const std::shared_ptr<Instance>& loser = first ? other : one;
  if (loser->load.ClaimSilent(now, P2cBalancer::kSilence)) return loser;
  winner->load.SetPicked(now);
  return winner;
}

}  // namespace

P2cBalancer::P2cBalancer(const Clock& clock, RandomSource& random, OutlierEjector& ejector)
    : clock_(clock), random_(random), ejector_(ejector) {}

void P2cBalancer::Update(InstanceList instances) {
  auto list = std::make_shared<const InstanceList>(std::move(instances));
  const std::scoped_lock lock(mutex_);
  instances_.swap(list);
}

std::shared_ptr<const InstanceList> P2cBalancer::Instances() const {
  const std::scoped_lock lock(mutex_);
  return instances_;
}

Result<Pick> P2cBalancer::Choose(const PickRequest& request) {
  const std::shared_ptr<const InstanceList> list = Instances();
  if (list->empty()) return Fail(Code::kUnavailable, "No instance of the service is known.");
  const SteadyTime now = clock_.SteadyNow();
  return Pick(Draw(*list, request, now), ejector_, clock_, now, request.stream);
}

std::shared_ptr<Instance> P2cBalancer::Draw(const InstanceList& list,
                                            const PickRequest& request,
                                            SteadyTime now) {
  if (list.size() == 1) {
    list.front()->reach();  // an idle connection is made
    return list.front();
  }
  const int pairs = list.size() == 2 ? 1 : kPairs;
  for (int i = 0; i < pairs; ++i) {
    const auto [first, second] = TwoOf(list.size(), random_);
    const std::shared_ptr<Instance>& one = list[first];
    const std::shared_ptr<Instance>& other = list[second];
    if (FitnessOf(*one, request, now, false) != Fitness::kGood) continue;
    if (FitnessOf(*other, request, now, false) != Fitness::kGood) continue;
    const bool healthy = one->load.success() > kHealthy && other->load.success() > kHealthy;
    if (healthy || i + 1 == pairs) return Better(one, other, request.stream, now);
  }
  return DrawCarefully(list, request, now);
}

std::shared_ptr<Instance> P2cBalancer::DrawCarefully(const InstanceList& list,
                                                     const PickRequest& request,
                                                     SteadyTime now) {
  std::vector<const std::shared_ptr<Instance>*> best;
  best.reserve(list.size());
  Fitness least = Fitness::kLast;
  for (const std::shared_ptr<Instance>& instance : list) {
    const Fitness fitness = FitnessOf(*instance, request, now, false);
    if (fitness > least) continue;
    if (fitness < least) best.clear();
    least = fitness;
    best.push_back(&instance);
  }
  if (best.size() == 1) {
    (*best.front())->load.SetPicked(now);
    return *best.front();
  }
  const auto [first, second] = TwoOf(best.size(), random_);
  return Better(*best[first], *best[second], request.stream, now);
}

}  // namespace vedette
