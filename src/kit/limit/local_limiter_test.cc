// SPDX-License-Identifier: Apache-2.0
#include "kit/limit/local_limiter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "kit/limit/recent_map.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

constexpr RateLimit kFive = {.rate = 5, .burst = 10};

class LocalLimiterTest : public testing::Test {
 protected:
  int TakeMany(std::string_view key, int count) {
    int allowed = 0;
    for (int i = 0; i < count; ++i) allowed += limiter_.TakeNow(key, kFive, 1).allowed ? 1 : 0;
    return allowed;
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  LocalLimiter limiter_{64, clock_, &metrics_};
};

// L4, on a clock that stands still and then moves.
TEST_F(LocalLimiterTest, HundredCallsInASecond) {
  EXPECT_EQ(TakeMany("user", 100), 10);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(TakeMany("user", 100), 5);
  EXPECT_NE(metrics_.Expose().find(
                "vedette_limit_decisions_total{decision=\"allowed\",store=\"local\"} 15"),
            std::string::npos);
}

TEST_F(LocalLimiterTest, EachKeyHasItsOwnBudget) {
  EXPECT_EQ(TakeMany("one", 20), 10);
  EXPECT_EQ(TakeMany("two", 20), 10);
}

TEST_F(LocalLimiterTest, NoLimitAlwaysGrantsAndRemembersNothing) {
  Runtime runtime(1);
  const auto decision = Await<LimitDecision>(
      runtime, [&] { return limiter_.Take("user", {}, 1'000'000, Deadline::None()); });
  EXPECT_TRUE(decision.allowed);
  EXPECT_EQ(limiter_.size(), 0);
}

TEST_F(LocalLimiterTest, KeysAreBounded) {
  for (int i = 0; i < 10'000; ++i) limiter_.TakeNow(std::to_string(i), kFive, 1);
  EXPECT_EQ(limiter_.size(), 64);
}

TEST_F(LocalLimiterTest, ChangedLimitHoldsAtOnce) {
  EXPECT_EQ(TakeMany("user", 1), 1);
  EXPECT_FALSE(limiter_.TakeNow("user", {.rate = 5, .burst = 3}, 4).allowed);
  EXPECT_EQ(limiter_.TakeNow("user", {.rate = 5, .burst = 3}, 1).remaining, 2);
}

TEST_F(LocalLimiterTest, ThreadsTogetherGetNoMoreThanTheBurst) {
  std::atomic<int> allowed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { allowed += TakeMany("user", 50); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed, 10);
}

TEST(RecentMapTest, ForgetsWhatMayBeForgottenElseTheOldest) {
  RecentMap<int> map(3);
  const auto is_spent = [](int value) { return value == 0; };
  const auto put = [&](std::string_view key, int value) {
    map.Get(key, [] { return 7; }, is_spent) = value;
  };
  const auto has = [&](std::string_view key) {
    int made = 0;
    map.Get(key, [&] { return ++made; }, is_spent);
    return made == 0;
  };
  put("a", 1);
  put("b", 0);
  put("c", 1);
  put("d", 1);  // in the place of b
  EXPECT_EQ(map.size(), 3U);
  EXPECT_TRUE(has("a"));
  EXPECT_TRUE(has("c"));
  EXPECT_TRUE(has("d"));
  EXPECT_FALSE(has("e"));  // in the place of a, which was looked for first
  EXPECT_TRUE(has("c"));
  EXPECT_FALSE(has("a"));
}

}  // namespace
}  // namespace vedette
