// SPDX-License-Identifier: Apache-2.0
#include "kit/cache/cache_aside.h"

#include <gmock/gmock.h>

#include <latch>
#include <limits>
#include <thread>

#include "kit/cache/cache_test_support.h"
#include "kit/task/spawn.h"

namespace vedette::cache {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

class CacheAsideTest : public CacheFixture {
 protected:
  CacheAsideTest() { Reopen({}); }
  ~CacheAsideTest() override { Close(); }

  void Reopen(CacheOptions options) {
    Close();
    Open(options);
    values_ = std::make_unique<CacheAside<std::string>>("v", *cache_, TextCodec());
  }
  Result<std::string> Take(Result<std::string> answer) {
    return Await<Result<std::string>>(runtime_, [&] {
      return values_->Take("a", {}, [&](Deadline) { return Query(this, answer); });
    });
  }
  static Task<Result<std::string>> Query(CacheAsideTest* self, Result<std::string> answer) {
    ++self->queries_;
    if (self->during_query_) self->during_query_();
    co_return answer;
  }
  Result<std::optional<std::string>> Get() {
    return Await<Result<std::optional<std::string>>>(runtime_,
                                                     [&] { return values_->Get("a", {}); });
  }
  Result<std::string> NotFound() { return Fail(Code::kNotFound, "There is no a."); }

  std::unique_ptr<CacheAside<std::string>> values_;
  std::function<void()> during_query_;
  std::atomic<int> queries_ = 0;
};

TEST_F(CacheAsideTest, C1AMissQueriesOnceAndStores) {
  EXPECT_EQ(Take("one"), "one");
  EXPECT_EQ(Take("two"), "one");
  EXPECT_EQ(Get().value(), "one");
  EXPECT_EQ(queries_, 1);
  EXPECT_EQ(store_.Read("v:a"), "=one");
}

TEST_F(CacheAsideTest, C2AFailingStoreKeepsTheSourceOut) {
  store_.SetAway(true);
  const auto taken = Take("one");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::kUnavailable);
  EXPECT_TRUE(taken.error().retry_after.has_value());
  EXPECT_EQ(queries_, 0);
}

TEST_F(CacheAsideTest, TheSourceIsAskedWhenTheStoreIsAwayAndThatWasChosen) {
  Reopen({.query_when_cache_is_away = true});
  store_.SetAway(true);
  EXPECT_EQ(Take("one"), "one");
  EXPECT_EQ(Take("two"), "two");
  EXPECT_EQ(Take(NotFound()).error().code, Code::kNotFound);
  store_.SetAway(false);
  EXPECT_EQ(store_.Read("v:a"), "");
}

TEST_F(CacheAsideTest, NoMoreThanTheLimitQueryWhileTheStoreIsAway) {
  Reopen({.query_when_cache_is_away = true, .queries_when_away_limit = 2});
  store_.SetAway(true);
  {
    const auto one = cache_->TryQueryWhenAway();
    const auto two = cache_->TryQueryWhenAway();
    EXPECT_EQ(Take("one").error().code, Code::kResourceExhausted);
  }
  EXPECT_EQ(queries_, 0);
  EXPECT_EQ(Take("one"), "one");
}

TEST_F(CacheAsideTest, C3ThatThereIsNothingIsRemembered) {
  EXPECT_EQ(Take(NotFound()).error(), (Error{Code::kNotFound, "There is no a."}));
  EXPECT_EQ(Take("one").error(), (Error{Code::kNotFound, "There is no a."}));
  EXPECT_EQ(Get().error().code, Code::kNotFound);
  EXPECT_EQ(queries_, 1);
  EXPECT_THAT(store_.ttl("v:a"), AllOf(Ge(57s), Le(63s)));
}

TEST_F(CacheAsideTest, C3TheStoreFailingDuringTheQueryChangesNoAnswer) {
  during_query_ = [&] { store_.SetAway(true); };
  EXPECT_EQ(Take(NotFound()).error().code, Code::kNotFound);
}

TEST_F(CacheAsideTest, C4TheQuerysErrorIsNotKept) {
  EXPECT_EQ(Take(Fail(Code::kInternal, "broken")).error().message, "broken");
  EXPECT_EQ(store_.Read("v:a"), "");
  EXPECT_EQ(Take("one"), "one");
}

TEST_F(CacheAsideTest, C5WhatAnotherWroteMeanwhileIsNotOverwrittenByNothing) {
  during_query_ = [&] { store_.Write("v:a", "=newer"); };
  EXPECT_EQ(Take(NotFound()).error().code, Code::kNotFound);
  EXPECT_EQ(Take("one"), "newer");
}

TEST_F(CacheAsideTest, C6AFailingWriteChangesNoAnswer) {
  store_.set_fails = true;
  EXPECT_EQ(Take("one"), "one");
  EXPECT_EQ(values_->Snapshot().store_failures, 1U);
}

TEST_F(CacheAsideTest, C7GarbageIsDeletedAndLoadedAgain) {
  for (const std::string& garbage : {std::string(), std::string("?"), std::string("\0=", 2)}) {
    store_.Write("v:a", garbage);
    EXPECT_EQ(Get().error().code, Code::kInternal);
    EXPECT_EQ(Get().value(), std::nullopt);  // gone
    store_.Write("v:a", garbage);
    EXPECT_EQ(Take("one"), "one");
    EXPECT_EQ(store_.Read("v:a"), "=one");
  }
  EXPECT_EQ(values_->Snapshot().corrupt_entries, 6U);
}

TEST_F(CacheAsideTest, C7AValueThatCannotBeDecodedIsGarbage) {
  CacheAside<std::int32_t> numbers("n", *cache_, IntegerCodec<std::int32_t>());
  for (const char* garbage : {"=", "=x", "=1x", "=99999999999", "=-"}) {
    store_.Write("n:a", garbage);
    const auto taken = Await<Result<std::int32_t>>(runtime_, [&] {
      return numbers.Take("a", {}, [](Deadline) -> Task<Result<std::int32_t>> { co_return 7; });
    });
    EXPECT_EQ(taken, 7);
    EXPECT_EQ(store_.Read("n:a"), "=7");
  }
}

TEST_F(CacheAsideTest, C8AValueThatCannotBeEncodedIsNotStored) {
  Codec<std::string> codec = TextCodec();
  codec.encode = [](const std::string&) -> Result<std::string> {
    return Fail(Code::kInternal, "unserialisable");
  };
  CacheAside<std::string> odd("odd", *cache_, codec);
  const auto put =
      Await<Status>(runtime_, [&] { return odd.Put("a", std::string("one"), Deadline()); });
  EXPECT_EQ(put.error().message, "unserialisable");
  const auto taken = Await<Result<std::string>>(
      runtime_, [&] { return odd.Take("a", {}, [&](Deadline) { return Query(this, "one"); }); });
  EXPECT_EQ(taken, "one");
  EXPECT_EQ(store_.Read("odd:a"), "");
}

TEST_F(CacheAsideTest, APutWithoutTimeIsRefused) {
  const auto put = [&](std::chrono::milliseconds ttl) {
    return Await<Status>(runtime_,
                         [&] { return values_->Put("a", std::string("one"), ttl, Deadline()); });
  };
  EXPECT_EQ(put(0ms).error().code, Code::kInvalidArgument);
  EXPECT_TRUE(put(100s));
  EXPECT_THAT(store_.ttl("v:a"), AllOf(Ge(95s), Le(105s)));
}

TEST_F(CacheAsideTest, C9WideIntegersSurvive) {
  CacheAside<std::int64_t> numbers("n", *cache_, IntegerCodec<std::int64_t>());
  for (const std::int64_t number :
       {std::int64_t{323427211229009810}, std::numeric_limits<std::int64_t>::min()}) {
    ASSERT_TRUE(Await<Status>(runtime_, [&] { return numbers.Put("a", number, Deadline()); }));
    const auto got =
        Await<Result<std::optional<std::int64_t>>>(runtime_, [&] { return numbers.Get("a", {}); });
    EXPECT_EQ(got.value(), number);
  }
}

TEST_F(CacheAsideTest, C12TenReadsAreNineHits) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Take("one"), "one");
  EXPECT_EQ(values_->Snapshot().total(), 10U);
  EXPECT_EQ(values_->Snapshot().hits, 9U);
  EXPECT_DOUBLE_EQ(values_->Snapshot().hit_ratio(), 0.9);
  EXPECT_THAT(metrics_.Expose(), ::testing::HasSubstr("vedette_cache_hits_total{cache=\"v\"} 9"));
}

TEST_F(CacheAsideTest, C12TwentyReadsOfAStoreThatIsAwayAreMissesAndNoFailedQueries) {
  store_.SetAway(true);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(Take("one"));
  EXPECT_EQ(values_->Snapshot().total(), 20U);
  EXPECT_EQ(values_->Snapshot().misses, 20U);
  EXPECT_EQ(values_->Snapshot().query_failures, 0U);
}

TEST_F(CacheAsideTest, C12TwentyFailingQueriesAreCounted) {
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(Take(Fail(Code::kInternal, "broken")));
  EXPECT_EQ(values_->Snapshot().query_failures, 20U);
}

TEST_F(CacheAsideTest, C12TenConcurrentReadersAreOneQueryAndNineHits) {
  constexpr int kReaders = 10;
  const Signal gate;
  std::latch ended(kReaders);
  std::atomic<int> asked = 0;
  std::atomic<int> right = 0;
  const auto query = [&](Deadline) -> Task<Result<std::string>> {
    ++queries_;
    co_await gate.Wait();
    co_return "one";
  };
  const auto read = [&]() -> Task<void> {
    ++asked;
    const auto taken = co_await values_->Take("a", {}, query);
    right += taken == "one" ? 1 : 0;
  };
  for (int i = 0; i < kReaders; ++i) {
    Spawn(runtime_.Next(), read, [&](std::exception_ptr) { ended.count_down(); });
  }
  while (asked < kReaders) std::this_thread::yield();
  for (std::size_t i = 0; i < runtime_.size(); ++i) {
    std::latch turn(1);
    Post(runtime_.At(i), [&] { turn.count_down(); });
    turn.wait();
  }
  gate.Set();
  ended.wait();
  EXPECT_EQ(right, kReaders);
  EXPECT_EQ(queries_, 1);
  EXPECT_EQ(values_->Snapshot().hits, 9U);
  EXPECT_EQ(values_->Snapshot().misses, 1U);
}

TEST_F(CacheAsideTest, C15SevenDaysAndOneMinuteGiveOrTakeFivePercent) {
  std::chrono::milliseconds least = 1000h;
  std::chrono::milliseconds most = 0h;
  for (int i = 0; i < 500; ++i) {
    const std::string id = std::to_string(i);
    ASSERT_TRUE(
        Await<Status>(runtime_, [&] { return values_->Put(id, std::string("one"), Deadline()); }));
    least = std::min(least, store_.ttl("v:" + id));
    most = std::max(most, store_.ttl("v:" + id));
  }
  constexpr std::chrono::milliseconds kWeek = 24h * 7;
  EXPECT_GE(least, kWeek * 95 / 100);
  EXPECT_LE(least, kWeek * 96 / 100);
  EXPECT_GE(most, kWeek * 104 / 100);
  EXPECT_LE(most, kWeek * 105 / 100);
}

}  // namespace
}  // namespace vedette::cache
