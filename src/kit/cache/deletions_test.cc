// SPDX-License-Identifier: Apache-2.0
#include "kit/cache/deletions.h"

#include <gmock/gmock.h>

#include <latch>
#include <thread>

#include "kit/cache/cache_test_support.h"
#include "kit/task/spawn.h"

namespace vedette::cache {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DeletionsTest : public CacheFixture {
 protected:
  DeletionsTest() { Reopen({}); }
  ~DeletionsTest() override { Close(); }

  void Reopen(CacheOptions options) {
    Close();
    Open(options);
    values_ = std::make_unique<CacheAside<std::string>>("v", *cache_, TextCodec());
  }
  Result<std::string> Take(const std::string& answer) {
    return Await<Result<std::string>>(runtime_, [&] {
      return values_->Take("a", {}, [answer](Deadline) -> Task<Result<std::string>> {
        return [](std::string text) -> Task<Result<std::string>> { co_return text; }(answer);
      });
    });
  }
  // Until every invalidation has ended.
  void AwaitNoPending() {
    while (cache_->GetSnapshot().pending_deletes > 0) std::this_thread::yield();
  }
  void AwaitDeletes(int count) {
    while (store_.deletes < count) std::this_thread::yield();
  }

  std::unique_ptr<CacheAside<std::string>> values_;
};

TEST_F(DeletionsTest, AWriteDeletesAtOnceAndOnceMore) {
  EXPECT_EQ(Take("old"), "old");
  Invalidate({"v:a"});
  EXPECT_EQ(store_.Read("v:a"), "");
  // What a slow reader of another process cached meanwhile.
  store_.Write("v:a", "=old");
  EXPECT_EQ(sleeper_.WakeNext(), 2s);
  AwaitNoPending();
  EXPECT_EQ(store_.Read("v:a"), "");
}

TEST_F(DeletionsTest, C10DeletingNothingIsFine) {
  Reopen({.second_delete_after = 0ms});
  Invalidate({"v:nothing"});
  AwaitNoPending();
  EXPECT_EQ(store_.deletes, 1);
  EXPECT_THAT(sleeper_.asked(), IsEmpty());
}

TEST_F(DeletionsTest, C10AFailedDeleteIsTriedAgainUntilItSucceeds) {
  store_.Write("v:a", "=old");
  store_.delete_fails = true;
  Invalidate({"v:a"});  // answers all the same
  EXPECT_EQ(sleeper_.WakeNext(), 1s);
  sleeper_.AwaitSleepers(1);
  store_.delete_fails = false;
  EXPECT_EQ(sleeper_.WakeNext(), 5s);
  AwaitNoPending();
  EXPECT_EQ(store_.Read("v:a"), "");
}

TEST_F(DeletionsTest, C10GivesUpAfterTheLastDelay) {
  store_.delete_fails = true;
  Invalidate({"v:a"});
  std::vector<std::chrono::nanoseconds> waits;
  for (int i = 0; i < 5; ++i) waits.push_back(sleeper_.WakeNext());
  AwaitNoPending();
  EXPECT_THAT(waits, ElementsAre(1s, 5s, 1min, 5min, 1h));
  EXPECT_EQ(store_.deletes, 6);
  EXPECT_THAT(metrics_.Expose(),
              ::testing::HasSubstr("vedette_cache_deletes_given_up_total{store=\"test\"} 1"));
}

TEST_F(DeletionsTest, AFailedSecondDeleteIsTriedAgainToo) {
  Invalidate({"v:a"});
  sleeper_.AwaitSleepers(1);
  store_.delete_fails = true;
  EXPECT_EQ(sleeper_.WakeNext(), 2s);
  EXPECT_EQ(sleeper_.WakeNext(), 1s);
}

TEST_F(DeletionsTest, BeyondTheLimitNothingWaits) {
  Reopen({.pending_deletes_limit = 1});
  Invalidate({"v:a"});
  sleeper_.AwaitSleepers(1);
  Invalidate({"v:b"});
  AwaitDeletes(2);
  while (cache_->GetSnapshot().pending_deletes > 1) std::this_thread::yield();
  EXPECT_EQ(sleeper_.sleepers(), 1U);
}

TEST_F(DeletionsTest, AWriterThatLeavesBeforeItsDeleteDeletesInTheBackground) {
  store_.Write("v:a", "=old");
  runtime_.RunBlocking([&]() -> Task<void> {
    const auto invalidation = co_await cache_->BeginInvalidation({"v:a"});
  });
  AwaitDeletes(1);
  EXPECT_EQ(store_.Read("v:a"), "");
}

TEST_F(DeletionsTest, ClosingTriesOnceMoreWhatWaits) {
  store_.delete_fails = true;
  store_.Write("v:a", "=old");
  Invalidate({"v:a"});
  sleeper_.AwaitSleepers(1);
  store_.delete_fails = false;
  Close();
  EXPECT_EQ(store_.Read("v:a"), "");
  EXPECT_EQ(sleeper_.sleepers(), 0U);
}

// The race of cache-aside, in one process: it must not leave the old value behind.
TEST_F(DeletionsTest, AReaderThatQueriedBeforeTheWriteStoresNothingAfterIt) {
  const auto taken = Await<Result<std::string>>(runtime_, [&] {
    return values_->Take("a", {}, [&](Deadline) -> Task<Result<std::string>> {
      // It has read the old row; now the write commits and deletes.
      co_await RunInvalidation(cache_.get(), {"v:a"});
      co_return "old";
    });
  });
  EXPECT_EQ(taken, "old");
  EXPECT_EQ(store_.Read("v:a"), "");
  EXPECT_EQ(Take("new"), "new");
}

TEST_F(DeletionsTest, WhoReadsAfterAWriteDoesNotJoinWhoFoundTheOldEntryBefore) {
  store_.Write("v:a", "=old");
  const Signal found;
  const Signal go_on;
  std::atomic<bool> first = true;
  store_.after_get = [&]() -> Task<void> {
    if (!first.exchange(false)) co_return;
    found.Set();
    co_await go_on.Wait();
  };
  std::latch read(1);
  Result<std::string> before = Fail(Code::kInternal, "unanswered");
  const auto query = [](Deadline) -> Task<Result<std::string>> { co_return "new"; };
  Spawn(
      runtime_.At(0), [&]() -> Task<void> { before = co_await values_->Take("a", {}, query); },
      [&](std::exception_ptr) { read.count_down(); });
  runtime_.RunBlocking([&]() -> Task<void> { co_await found.Wait(); });
  Invalidate({"v:a"});
  const auto after = Await<Result<std::string>>(
      runtime_, [&] { return values_->Take("a", Deadline::After(SystemClock(), 20s), query); });
  EXPECT_EQ(after, "new");
  go_on.Set();
  read.wait();
  EXPECT_EQ(before, "old");  // it asked before the write was answered
}

TEST_F(DeletionsTest, AWriteWaitsForAReaderThatIsStoringJustNow) {
  const Signal storing;
  const Signal go_on;
  std::atomic<bool> first = true;
  store_.before_set = [&]() -> Task<void> {
    if (!first.exchange(false)) co_return;
    storing.Set();
    co_await go_on.Wait();
  };
  std::latch read(1);
  std::latch written(1);
  Spawn(
      runtime_.At(0),
      [&]() -> Task<void> {
        static_cast<void>(co_await values_->Take(
            "a", {}, [](Deadline) -> Task<Result<std::string>> { co_return "old"; }));
      },
      [&](std::exception_ptr) { read.count_down(); });
  runtime_.RunBlocking([&]() -> Task<void> { co_await storing.Wait(); });
  Spawn(
      runtime_.At(1), [&] { return RunInvalidation(cache_.get(), {"v:a"}); },
      [&](std::exception_ptr) { written.count_down(); });
  while (cache_->GetSnapshot().pending_deletes == 0) std::this_thread::yield();
  EXPECT_EQ(store_.deletes, 0);
  go_on.Set();
  read.wait();
  written.wait();
  EXPECT_EQ(store_.Read("v:a"), "");
  EXPECT_EQ(Take("new"), "new");
}

}  // namespace
}  // namespace vedette::cache
