// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "kit/cache/cache_test_support.h"

namespace vedette::cache {
namespace {

using namespace std::chrono_literals;

std::vector<ShardedStore::Shard> Nodes(std::size_t count) {
  std::vector<ShardedStore::Shard> nodes;
  for (std::size_t i = 0; i < count; ++i) nodes.push_back({"node" + std::to_string(i)});
  return nodes;
}

std::string KeyAt(int i) { return "trial_items:study-" + std::to_string(i); }

// 1 when all get the same number.
double NormalisedEntropy(const std::vector<int>& counts) {
  double total = 0;
  for (const int count : counts) total += count;
  double entropy = 0;
  for (const int count : counts) {
    if (count > 0) entropy -= count / total * std::log(count / total);
  }
  return entropy / std::log(static_cast<double>(counts.size()));
}

TEST(ShardedStoreTest, C13EveryKeyIsFoundOnOneOfTwoNodesAndDeletesReachBoth) {
  Runtime runtime(1);
  FakeStore left;
  FakeStore right;
  ShardedStore store({{"left", &left}, {"right", &right}});
  std::vector<std::string> keys;
  int on_left = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string key = KeyAt(i);
    keys.push_back(key);
    ASSERT_TRUE(Await<Status>(runtime, [&] { return store.Set({}, key, key, 1s); }));
    const auto got = Await<Result<Entry>>(runtime, [&] { return store.Get({}, key); });
    EXPECT_EQ(**got, key);
    EXPECT_NE(left.Read(key).empty(), right.Read(key).empty());
    on_left += left.Read(key).empty() ? 0 : 1;
    EXPECT_FALSE(
        Await<Result<bool>>(runtime, [&] { return store.SetIfAbsent({}, key, "x", 1s); }).value());
  }
  EXPECT_GT(on_left, 20);
  EXPECT_LT(on_left, 80);
  ASSERT_TRUE(Await<Status>(runtime, [&] { return store.Delete({}, keys); }));
  for (const std::string& key : keys)
    EXPECT_TRUE(left.Read(key).empty() && right.Read(key).empty());
  EXPECT_EQ(left.deletes, 1);
  EXPECT_EQ(right.deletes, 1);
}

TEST(ShardedStoreTest, C13ADeleteThatFailsOnOneNodeFails) {
  Runtime runtime(1);
  FakeStore left;
  FakeStore right;
  right.delete_fails = true;
  ShardedStore store({{"left", &left}, {"right", &right}});
  std::vector<std::string> keys;
  for (int i = 0; i < 100; ++i) keys.push_back(KeyAt(i));
  EXPECT_EQ(Await<Status>(runtime, [&] { return store.Delete({}, keys); }).error().code,
            Code::kUnavailable);
}

TEST(ShardedStoreTest, C13WithoutNodesEveryCallFails) {
  Runtime runtime(1);
  ShardedStore store({});
  const std::vector<std::string> keys{"a"};
  EXPECT_FALSE(Await<Result<Entry>>(runtime, [&] { return store.Get({}, "a"); }));
  EXPECT_FALSE(Await<Status>(runtime, [&] { return store.Set({}, "a", "b", 1s); }));
  EXPECT_FALSE(Await<Result<bool>>(runtime, [&] { return store.SetIfAbsent({}, "a", "b", 1s); }));
  EXPECT_FALSE(Await<Status>(runtime, [&] { return store.Delete({}, keys); }));
  EXPECT_EQ(store.Peek("a"), nullptr);
}

TEST(ShardedStoreTest, C14KeysSpreadEvenly) {
  const ShardedStore store(Nodes(100));
  std::vector<int> counts(100);
  for (int i = 0; i < 10'000; ++i) ++counts[store.IndexOf(KeyAt(i))];
  EXPECT_GT(NormalisedEntropy(counts), 0.95);
}

TEST(ShardedStoreTest, ANewNodeTakesKeysAndMovesNoOthers) {
  const ShardedStore before(Nodes(19));
  const ShardedStore after(Nodes(20));
  int moved = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::size_t place = after.IndexOf(KeyAt(i));
    if (place == before.IndexOf(KeyAt(i))) continue;
    EXPECT_EQ(place, 19U);
    ++moved;
  }
  EXPECT_GT(moved, 10'000 / 20 / 2);
  EXPECT_LT(moved, 10'000 / 8);
}

TEST(ShardedStoreTest, AShareIsInProportionToTheWeight) {
  const ShardedStore store({{"one", nullptr, 1}, {"three", nullptr, 3}});
  int heavy = 0;
  for (int i = 0; i < 10'000; ++i) heavy += static_cast<int>(store.IndexOf(KeyAt(i)));
  EXPECT_NEAR(heavy, 7'500, 200);
}

}  // namespace
}  // namespace vedette::cache
