// SPDX-License-Identifier: Apache-2.0
#include "kit/balance/p2c_balancer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "kit/balance/outlier_ejector.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Node final : public Instance {
 public:
  using Instance::Instance;
  Reach reach() override { return reach_; }
  void SetReach(Reach reach) { reach_ = reach; }

 private:
  Reach reach_ = Reach::kReady;
};

// Normalised to 1 for equal shares.
double Entropy(const std::map<std::string, int>& counts, std::size_t nodes) {
  double total = 0;
  for (const auto& [name, count] : counts) total += count;
  double entropy = 0;
  for (const auto& [name, count] : counts) {
    const double share = count / total;
    entropy -= share * std::log2(share);
  }
  return entropy / std::log2(static_cast<double>(nodes));
}

class P2cBalancerTest : public ::testing::Test {
 protected:
  void Make(std::size_t count) {
    nodes_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      nodes_.push_back(std::make_shared<Node>("node" + std::to_string(i)));
    }
    Update();
  }
  void Update() {
    const InstanceList list(nodes_.begin(), nodes_.end());
    ejector_.Update(list);
    balancer_.Update(list);
  }

  // One call that takes `latency`, nothing else being under way.
  std::string Call(Outcome outcome, std::chrono::nanoseconds latency) {
    auto pick = balancer_.Choose({});
    clock_.Advance(latency);
    pick->Tell(outcome);
    return pick->instance().address();
  }

  struct Way {
    std::chrono::nanoseconds latency;
    Outcome outcome = Outcome::kSuccess;
  };
  // Calls that begin every `interval`; each node answers in its way. What each node got.
  std::map<std::string, int> Load(int calls,
                                  std::chrono::nanoseconds interval,
                                  const std::map<std::string, Way>& ways) {
    std::map<std::string, int> counts;
    std::multimap<SteadyTime, std::pair<Pick, Outcome>> under_way;
    for (int i = 0; i < calls; ++i) {
      clock_.Advance(interval);
      while (!under_way.empty() && under_way.begin()->first <= clock_.SteadyNow()) {
        under_way.begin()->second.first.Tell(under_way.begin()->second.second);
        under_way.erase(under_way.begin());
      }
      auto pick = balancer_.Choose({});
      const std::string& name = pick->instance().address();
      ++counts[name];
      const Way& way = ways.at(name);
      under_way.emplace(clock_.SteadyNow() + way.latency, std::pair(*std::move(pick), way.outcome));
    }
    return counts;
  }

  FakeClock clock_;
  SeededRandom random_{7};
  OutlierEjector ejector_{{.enabled = false}, clock_, nullptr};
  P2cBalancer balancer_{clock_, random_, ejector_};
  std::vector<std::shared_ptr<Node>> nodes_;
};

TEST_F(P2cBalancerTest, P1NoInstanceIsAnError) {
  const auto pick = balancer_.Choose({});
  ASSERT_FALSE(pick);
  EXPECT_EQ(pick.error().code, Code::kUnavailable);
}

TEST_F(P2cBalancerTest, P2AFewErrorsDoNotUnbalance) {
  for (const std::size_t count : {2U, 100U}) {
    Make(count);
    std::map<std::string, int> counts;
    for (int i = 0; i < 10'000; ++i) {
      ++counts[Call(i % 100 == 0 ? Outcome::kFailure : Outcome::kSuccess, milliseconds(1))];
    }
    EXPECT_GT(Entropy(counts, count), count == 2 ? 0.5 : 0.95) << count;
  }
}

TEST_F(P2cBalancerTest, P3ASlowerInstanceGetsLess) {
  Make(2);
  const auto counts =
      Load(10'000, milliseconds(1), {{"node0", {milliseconds(10)}}, {"node1", {milliseconds(40)}}});
  EXPECT_LT(counts.at("node1"), 3'500);
  EXPECT_GT(counts.at("node1"), 500);
}

TEST_F(P2cBalancerTest, P3EqualInstancesGetTheSame) {
  Make(2);
  const auto counts =
      Load(10'000, milliseconds(1), {{"node0", {milliseconds(10)}}, {"node1", {milliseconds(10)}}});
  EXPECT_NEAR(counts.at("node0"), 5'000, 500);
}

TEST_F(P2cBalancerTest, P3AnInstanceThatFailsFastGetsLittleEvenOfTwo) {
  Make(2);
  const auto counts =
      Load(10'000, milliseconds(1),
           {{"node0", {milliseconds(10)}}, {"node1", {milliseconds(1), Outcome::kFailure}}});
  EXPECT_LT(counts.at("node1"), 500);  // 5 %
}

TEST_F(P2cBalancerTest, P3AnInstanceThatFailsFastUnderManyCallsAtOnceGetsLittle) {
  Make(2);
  const auto counts =
      Load(20'000, microseconds(100),
           {{"node0", {milliseconds(100)}}, {"node1", {microseconds(100), Outcome::kFailure}}});
  EXPECT_LT(counts.at("node1"), 1'000);
}

TEST_F(P2cBalancerTest, P3AHealedInstanceComesBack) {
  Make(2);
  const std::map<std::string, Way> sick = {{"node0", {milliseconds(10)}},
                                           {"node1", {milliseconds(1), Outcome::kFailure}}};
  const std::map<std::string, Way> well = {{"node0", {milliseconds(10)}},
                                           {"node1", {milliseconds(10)}}};
  Load(10'000, milliseconds(1), sick);
  Load(40'000, milliseconds(1), well);
  EXPECT_GT(Load(10'000, milliseconds(1), well)["node1"], 4'000);
}

TEST_F(P2cBalancerTest, P3AFrozenInstanceHoldsNoMoreCallsThanTheOther) {
  Make(2);
  Load(1'000, milliseconds(1), {{"node0", {milliseconds(10)}}, {"node1", {milliseconds(10)}}});
  const auto counts =
      Load(1'000, milliseconds(1), {{"node0", {milliseconds(10)}}, {"node1", {seconds(60)}}});
  EXPECT_LT(counts.at("node1"), 30);
}

TEST_F(P2cBalancerTest, P3ANewInstanceIsNotFlooded) {
  Make(2);
  Load(1'000, milliseconds(1), {{"node0", {milliseconds(10)}}, {"node1", {milliseconds(10)}}});
  nodes_.push_back(std::make_shared<Node>("new"));
  Update();
  const auto counts =
      Load(1'000, milliseconds(1),
           {{"node0", {milliseconds(10)}}, {"node1", {milliseconds(10)}}, {"new", {seconds(60)}}});
  EXPECT_LT(counts.at("new"), 30);
}

TEST_F(P2cBalancerTest, P3SilentInstanceIsPickedAfterASecond) {
  Make(2);
  // Far slower, so never chosen for its load.
  const std::map<std::string, Way> ways = {{"node0", {milliseconds(1)}}, {"node1", {seconds(5)}}};
  Load(20'000, milliseconds(1), ways);
  const auto counts = Load(10'000, milliseconds(1), ways);
  EXPECT_GE(counts.at("node1"), 9);
  EXPECT_LE(counts.at("node1"), 12);
}

TEST_F(P2cBalancerTest, P3StateSurvivesAMembershipChange) {
  Make(2);
  Load(5'000, milliseconds(1),
       {{"node0", {milliseconds(10)}}, {"node1", {milliseconds(1), Outcome::kFailure}}});
  const double latency = nodes_[0]->load.latency();
  const double success = nodes_[1]->load.success();
  nodes_.push_back(std::make_shared<Node>("new"));
  Update();
  EXPECT_EQ(nodes_[0]->load.latency(), latency);
  EXPECT_EQ(nodes_[1]->load.success(), success);
  const auto counts = Load(5'000, milliseconds(1),
                           {{"node0", {milliseconds(10)}},
                            {"node1", {milliseconds(1), Outcome::kFailure}},
                            {"new", {milliseconds(10)}}});
  EXPECT_LT(counts.at("node1"), 50);
}

TEST_F(P2cBalancerTest, P3InFlightReturnsToZero) {
  Make(3);
  {
    std::vector<Pick> picks;
    for (int i = 0; i < 30; ++i) picks.push_back(*balancer_.Choose({.stream = i % 2 == 0}));
    std::int64_t calls = 0;
    std::int64_t streams = 0;
    for (const auto& node : nodes_) {
      calls += node->load.calls();
      streams += node->load.streams();
    }
    EXPECT_EQ(calls, 15);
    EXPECT_EQ(streams, 15);
    picks[0].Tell(Outcome::kSuccess);
    picks[1].Tell(Outcome::kFailure);
  }
  for (const auto& node : nodes_) {
    EXPECT_EQ(node->load.calls(), 0);
    EXPECT_EQ(node->load.streams(), 0);
  }
}

TEST_F(P2cBalancerTest, StreamsAreSpreadByTheirNumber) {
  Make(3);
  std::vector<Pick> picks;
  for (int i = 0; i < 300; ++i) picks.push_back(*balancer_.Choose({.stream = true}));
  for (const auto& node : nodes_) EXPECT_NEAR(static_cast<double>(node->load.streams()), 100, 5);
}

TEST_F(P2cBalancerTest, InstancesThatAreNotReadyAreLeftAlone) {
  Make(3);
  nodes_[0]->SetReach(Reach::kFailing);
  nodes_[1]->SetReach(Reach::kConnecting);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Call(Outcome::kSuccess, milliseconds(1)), "node2");
  // Nobody is ready: somebody must try.
  nodes_[2]->SetReach(Reach::kFailing);
  EXPECT_TRUE(balancer_.Choose({}));
}

TEST_F(P2cBalancerTest, AnotherInstanceThanBeforeIsTaken) {
  Make(2);
  const std::vector<const Instance*> tried = {nodes_[0].get()};
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(&balancer_.Choose({.avoid = tried})->instance(), nodes_[1].get());
  }
  // One that answers, though tried, is better than one that cannot be reached.
  nodes_[1]->SetReach(Reach::kFailing);
  EXPECT_EQ(&balancer_.Choose({.avoid = tried})->instance(), nodes_[0].get());
}

TEST_F(P2cBalancerTest, AnAbandonedCallTellsOnlyThatItWasNotQuicker) {
  Make(1);
  Call(Outcome::kSuccess, milliseconds(10));
  const double latency = nodes_[0]->load.latency();
  Call(Outcome::kNeither, milliseconds(1));
  EXPECT_EQ(nodes_[0]->load.latency(), latency);
  Call(Outcome::kNeither, seconds(1));
  EXPECT_GT(nodes_[0]->load.latency(), latency);
  EXPECT_EQ(nodes_[0]->load.success(), 1);
}

TEST_F(P2cBalancerTest, FailingFastDoesNotLookQuick) {
  Make(1);
  Call(Outcome::kSuccess, milliseconds(10));
  const double latency = nodes_[0]->load.latency();
  Call(Outcome::kFailure, microseconds(10));
  EXPECT_EQ(nodes_[0]->load.latency(), latency);
}

}  // namespace
}  // namespace vedette
