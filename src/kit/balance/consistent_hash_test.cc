// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "kit/balance/consistent_hash_balancer.h"
#include "kit/balance/consistent_hash_ring.h"
#include "kit/balance/outlier_ejector.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

constexpr int kKeys = 20'000;

std::vector<std::string> Members(int count) {
  std::vector<std::string> members;
  for (int i = 0; i < count; ++i) members.push_back("10.0.0." + std::to_string(i) + ":9090");
  return members;
}

std::string Key(int i) { return "subject-" + std::to_string(i); }

std::size_t Owner(const ConsistentHashRing& ring, const std::string& key) {
  return *ring.Find(key, [](std::size_t) { return true; });
}

TEST(ConsistentHashRingTest, AnyInstanceOfTheProgramComesToTheSameResult) {
  // The values are part of the contract between processes.
  EXPECT_EQ(StableHash(""), 0xf52a15e9a9b5e89bULL);
  EXPECT_EQ(StableHash("subject-1"), StableHash("subject-1"));
  EXPECT_NE(StableHash("subject-1"), StableHash("subject-2"));
}

TEST(ConsistentHashRingTest, OrderOfTheMembersDoesNotMatter) {
  std::vector<std::string> members = Members(7);
  const ConsistentHashRing ring(members);
  std::vector<std::string> reversed(members.rbegin(), members.rend());
  const ConsistentHashRing other(reversed);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(members[Owner(ring, Key(i))], reversed[Owner(other, Key(i))]);
  }
}

TEST(ConsistentHashRingTest, ANewMemberTakesKeysAndMovesNoneBetweenOthers) {
  const ConsistentHashRing before(Members(20));
  const ConsistentHashRing after(Members(21));
  int moved = 0;
  for (int i = 0; i < kKeys; ++i) {
    const std::size_t owner = Owner(after, Key(i));
    if (owner == Owner(before, Key(i))) continue;
    EXPECT_EQ(owner, 20U);
    ++moved;
  }
  EXPECT_GT(moved, kKeys / 50);
}

TEST(ConsistentHashRingTest, RemovingOneOfTwentyMovesLessThanAnEighth) {
  const ConsistentHashRing before(Members(20));
  const ConsistentHashRing after(Members(19));
  int moved = 0;
  for (int i = 0; i < kKeys; ++i) moved += Owner(before, Key(i)) != Owner(after, Key(i)) ? 1 : 0;
  EXPECT_LT(moved, kKeys / 8);
}

TEST(ConsistentHashRingTest, KeysAreSpreadEvenly) {
  for (const int count : {2, 20, 100}) {
    const ConsistentHashRing ring(Members(count));
    std::map<std::size_t, int> counts;
    for (int i = 0; i < kKeys; ++i) ++counts[Owner(ring, Key(i))];
    double entropy = 0;
    for (const auto& [member, keys] : counts) {
      const double share = static_cast<double>(keys) / kKeys;
      entropy -= share * std::log2(share);
    }
    EXPECT_GT(entropy / std::log2(count), 0.95) << count;
  }
}

TEST(ConsistentHashRingTest, EachMemberIsAskedOnceAtMost) {
  const ConsistentHashRing ring(Members(5));
  std::map<std::size_t, int> asked;
  EXPECT_FALSE(ring.Find("key", [&](std::size_t member) {
    ++asked[member];
    return false;
  }));
  EXPECT_EQ(asked.size(), 5U);
  for (const auto& [member, times] : asked) EXPECT_EQ(times, 1);
  EXPECT_FALSE(ConsistentHashRing({}).Find("key", [](std::size_t) { return true; }));
}

class Node final : public Instance {
 public:
  using Instance::Instance;
  Reach reach() override { return reach_; }
  void SetReach(Reach reach) { reach_ = reach; }

 private:
  Reach reach_ = Reach::kReady;
};

class ConsistentHashBalancerTest : public ::testing::Test {
 protected:
  void Make(int count) {
    for (const std::string& member : Members(count)) {
      nodes_.push_back(std::make_shared<Node>(member));
    }
    const InstanceList list(nodes_.begin(), nodes_.end());
    ejector_.Update(list);
    balancer_.Update(list);
  }
  std::string Choose(const std::string& key) {
    return balancer_.Choose({.key = key})->instance().address();
  }

  FakeClock clock_;
  OutlierEjector ejector_{EjectionOptions(), clock_, nullptr};
  ConsistentHashBalancer balancer_{clock_, ejector_};
  std::vector<std::shared_ptr<Node>> nodes_;
};

TEST_F(ConsistentHashBalancerTest, SameKeySameInstance) {
  Make(5);
  const std::string owner = Choose("S1/1001");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Choose("S1/1001"), owner);
}

TEST_F(ConsistentHashBalancerTest, MissingKeyAndNoInstanceAreErrors) {
  EXPECT_EQ(balancer_.Choose({.key = "a"}).error().code, Code::kUnavailable);
  Make(2);
  EXPECT_EQ(balancer_.Choose({}).error().code, Code::kInvalidArgument);
}

TEST_F(ConsistentHashBalancerTest, AHotKeyOverflowsToOthersWithinTheBound) {
  Make(4);
  std::vector<Pick> picks;
  for (int i = 1; i <= 200; ++i) {
    picks.push_back(*balancer_.Choose({.key = "hot"}));
    for (const auto& node : nodes_) {
      EXPECT_LE(static_cast<double>(node->load.calls()), std::ceil(1.25 * i / 4)) << i;
    }
  }
  picks.clear();
  // With room again, the key is back at its owner.
  const std::string owner = Choose("hot");
  EXPECT_EQ(Choose("hot"), owner);
}

TEST_F(ConsistentHashBalancerTest, TheNextAlongTheRingServesForOneThatIsAway) {
  Make(4);
  const std::string owner = Choose("key");
  Node* away = nullptr;
  for (const auto& node : nodes_) {
    if (node->address() == owner) away = node.get();
  }
  ASSERT_NE(away, nullptr);
  away->SetReach(Reach::kConnecting);
  EXPECT_EQ(Choose("key"), owner);  // soon there
  away->SetReach(Reach::kFailing);
  const std::string next = Choose("key");
  EXPECT_NE(next, owner);
  EXPECT_EQ(Choose("key"), next);
  away->SetReach(Reach::kReady);
  EXPECT_EQ(Choose("key"), owner);
  for (int i = 0; i < 5; ++i) ejector_.Record(*away, Outcome::kFailure);
  EXPECT_EQ(Choose("key"), next);
  const std::vector<const Instance*> tried = {away};
  EXPECT_EQ(balancer_.Choose({.key = "key", .avoid = tried})->instance().address(), next);
}

}  // namespace
}  // namespace vedette
