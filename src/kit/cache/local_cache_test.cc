// SPDX-License-Identifier: Apache-2.0
#include "kit/cache/local_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "kit/cache/stores.h"
#include "kit/task/parallel.h"
#include "kit/task/runtime.h"
#include "kit/task/spawn.h"
#include "kit/testing/fake_clock.h"

namespace vedette::cache {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

class LocalCacheTest : public ::testing::Test {
 protected:
  ~LocalCacheTest() override {
    runtime_.RunBlocking([&] { return cache_.Close(); });
    runtime_.RunBlocking([&] { return small_.Close(); });
  }
  Result<int> Take(std::string key, Result<int> answer) {
    return Await<Result<int>>(runtime_, [&] {
      return cache_.Take(key, {}, [this, answer](Deadline) { return Fetch(this, answer); });
    });
  }
  static Task<Result<int>> Fetch(LocalCacheTest* self, Result<int> answer) {
    ++self->fetches_;
    co_return answer;
  }
  static Task<Result<int>> FetchGated(LocalCacheTest* self, Result<int> answer) {
    ++self->fetches_;
    while (!self->open_) co_await Yield();
    co_return answer;
  }
  // A hundred callers on two threads, all of whom ask before the fetch answers.
  std::vector<Result<int>> TakeHundredfold(Result<int> answer) {
    constexpr int kCallers = 100;
    std::vector<Result<int>> results(kCallers, Fail(Code::kInternal, "unanswered"));
    std::latch ended(kCallers);
    std::atomic<int> asked = 0;
    for (int i = 0; i < kCallers; ++i) {
      Spawn(
          runtime_.Next(),
          [this, &asked, answer, result = &results[static_cast<std::size_t>(i)]] {
            return TakeOnce(this, &asked, answer, result);
          },
          [&](std::exception_ptr) { ended.count_down(); });
    }
    while (asked < kCallers) std::this_thread::yield();
    for (std::size_t i = 0; i < runtime_.size(); ++i) {
      std::latch turn(1);
      Post(runtime_.At(i), [&] { turn.count_down(); });
      turn.wait();
    }
    open_ = true;
    ended.wait();
    return results;
  }
  static Task<void> TakeOnce(LocalCacheTest* self,
                             std::atomic<int>* asked,
                             Result<int> answer,
                             Result<int>* result) {
    ++*asked;
    *result = co_await self->cache_.Take(
        "a", {}, [self, answer](Deadline) { return FetchGated(self, answer); });
  }

  Runtime runtime_{2};
  FakeClock clock_;
  SeededRandom random_{1};
  MetricsRegistry metrics_;
  LocalCache<int> cache_{"big", {.limit = 10'000, .ttl = 60s}, clock_, random_, metrics_, Logger()};
  LocalCache<int> small_{"small", {.limit = 3, .ttl = 60s}, clock_, random_, metrics_, Logger()};
  std::atomic<int> fetches_ = 0;
  std::atomic<bool> open_ = false;
};

TEST_F(LocalCacheTest, AHundredConcurrentTakesFetchOnce) {
  for (const auto& result : TakeHundredfold(7)) EXPECT_EQ(result, 7);
  EXPECT_EQ(fetches_, 1);
  EXPECT_EQ(cache_.Snapshot().misses, 1U);
  EXPECT_EQ(cache_.Snapshot().hits, 99U);
}

TEST_F(LocalCacheTest, AnErrorIsSharedByAllAndNotKept) {
  for (const auto& result : TakeHundredfold(Fail(Code::kUnavailable, "down"))) {
    EXPECT_EQ(result.error().message, "down");
  }
  EXPECT_EQ(fetches_, 1);
  EXPECT_EQ(cache_.Snapshot().misses, 100U);
  EXPECT_EQ(Take("a", 8), 8);
}

TEST_F(LocalCacheTest, WhatIsThereIsNotFetched) {
  cache_.Put("a", 7);
  EXPECT_EQ(Take("a", 8), 7);
  EXPECT_EQ(fetches_, 0);
}

TEST_F(LocalCacheTest, ALimitOfThreeEvictsTheLeastRecentlyUsed) {
  small_.Put("first", 1);
  small_.Put("second", 2);
  small_.Put("third", 3);
  EXPECT_EQ(small_.Get("first"), 1);
  small_.Put("fourth", 4);
  EXPECT_EQ(small_.Get("second"), std::nullopt);
  EXPECT_EQ(small_.Get("first"), 1);
  EXPECT_EQ(small_.Get("third"), 3);
  EXPECT_EQ(small_.Get("fourth"), 4);
  EXPECT_EQ(small_.size(), 3U);
  EXPECT_THAT(metrics_.Expose(),
              ::testing::HasSubstr("vedette_cache_evictions_total{cache=\"small\"} 1"));
}

TEST_F(LocalCacheTest, PuttingAgainReplacesWithoutEvicting) {
  for (int i = 0; i < 10; ++i) small_.Put("first", i);
  small_.Put("second", 2);
  EXPECT_EQ(small_.Get("first"), 9);
  EXPECT_EQ(small_.size(), 2U);
  EXPECT_FALSE(small_.PutIfAbsent("first", 11, 60s));
  EXPECT_EQ(small_.Get("first"), 9);
}

// C15
TEST_F(LocalCacheTest, ExpiresWithinFivePercentOfItsTime) {
  for (int i = 0; i < 1000; ++i) cache_.Put(std::to_string(i), i);
  clock_.Advance(56'999ms);
  int early = 0;
  for (int i = 0; i < 1000; ++i) early += cache_.Get(std::to_string(i)) ? 0 : 1;
  EXPECT_EQ(early, 0);
  clock_.Advance(3'001ms);  // the middle
  int gone = 0;
  for (int i = 0; i < 1000; ++i) gone += cache_.Get(std::to_string(i)) ? 0 : 1;
  EXPECT_THAT(gone, AllOf(Ge(400), Le(600)));
  clock_.Advance(3'001ms);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(cache_.Get(std::to_string(i)), std::nullopt);
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(LocalCacheTest, WhoWasFetchingDuringAnEraseKeepsItsValueToItself) {
  const auto taken = Await<Result<int>>(runtime_, [&] {
    return cache_.Take("a", {}, [this](Deadline) {
      cache_.Erase("a");
      return Fetch(this, 7);
    });
  });
  EXPECT_EQ(taken, 7);
  EXPECT_EQ(cache_.Get("a"), std::nullopt);
}

TEST_F(LocalCacheTest, TheLimitHoldsOverTheShards) {
  for (int i = 0; i < 100'000; ++i) cache_.Put(std::to_string(i), i);
  EXPECT_LE(cache_.size(), 10'000U);
  EXPECT_GE(cache_.size(), 9'900U);
  EXPECT_EQ(cache_.Get("99999"), 99'999);
}

TEST_F(LocalCacheTest, AStoreKeepsAnEntryForExactlyItsTime) {
  LocalStore store("store", 10, clock_, random_, metrics_);
  const auto set = [&](const std::string& value) {
    return Await<Result<bool>>(runtime_, [&] { return store.SetIfAbsent({}, "a", value, 1000ms); });
  };
  EXPECT_TRUE(set("one").value());
  EXPECT_FALSE(set("two").value());
  clock_.Advance(999ms);
  EXPECT_EQ(*store.Peek("a"), "one");
  clock_.Advance(1ms);
  EXPECT_EQ(store.Peek("a"), nullptr);
  EXPECT_TRUE(set("two").value());
  std::vector<std::string> keys{"a", "nothing"};
  EXPECT_TRUE(Await<Status>(runtime_, [&] { return store.Delete({}, keys); }));
  EXPECT_EQ(store.Peek("a"), nullptr);
}

}  // namespace
}  // namespace vedette::cache
