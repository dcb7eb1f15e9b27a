// SPDX-License-Identifier: Apache-2.0
#include "kit/lock/lock_base.h"

#include <gmock/gmock.h>

#include <atomic>
#include <deque>
#include <latch>
#include <mutex>
#include <stdexcept>

#include "kit/lock/local_locks.h"
#include "kit/lock/lock_test_support.h"
#include "kit/task/spawn.h"

namespace vedette::lock {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::Le;

// A server whose answers a test chooses.
class ScriptedLocks final : public LockManagerBase {
 public:
  explicit ScriptedLocks(LockDependencies dependencies)
      : LockManagerBase("scripted", std::move(dependencies)) {}

  std::atomic<bool> free = true;
  std::atomic<bool> away = false;
  std::atomic<bool> taken_away = false;
  std::atomic<bool> broken = false;
  std::atomic<int> extended = 0;
  std::atomic<int> released = 0;

 private:
  class ScriptedGrip final : public Grip {
   public:
    explicit ScriptedGrip(ScriptedLocks& server) : server_(server) {}
    Task<Result<bool>> Extend(Deadline) override {
      ++server_.extended;
      if (server_.broken) throw std::runtime_error("broken");
      if (server_.away) co_return Fail(Code::kUnavailable, "away");
      co_return !server_.taken_away;
    }
    Task<Result<bool>> Release(Deadline) override {
      ++server_.released;
      if (server_.away) co_return Fail(Code::kUnavailable, "away");
      co_return !server_.taken_away;
    }

   private:
    ScriptedLocks& server_;
  };

  Task<Result<Taken>> Take(std::string, std::chrono::milliseconds, Deadline) override {
    if (away) co_return Fail(Code::kUnavailable, "away");
    if (!free) co_return HeldByAnother();
    co_return Taken{std::make_unique<ScriptedGrip>(*this), 1};
  }
};

class LockBaseTest : public ::testing::Test {
 protected:
  ~LockBaseTest() override {
    lock_.reset();
    runtime_.RunBlocking([&] { return locks_.Close(); });
  }
  void Acquire() {
    auto acquired = TryAcquire(runtime_, locks_, "a", 30s);
    ASSERT_TRUE(acquired);
    lock_ = *std::move(acquired);
  }
  // The watchdog's next turn, up to its next sleep or its end.
  void Turn(std::chrono::nanoseconds after) {
    EXPECT_EQ(world_.sleeper.WakeNext(), after);
    if (lock_->Lost().IsSet()) return;
    EXPECT_TRUE(
        Eventually([&] { return world_.sleeper.sleepers() == 1 || lock_->Lost().IsSet(); }));
  }

  Runtime runtime_{2};
  FakeClock clock_;
  LockWorld world_{clock_};
  ScriptedLocks locks_{world_.Dependencies()};
  std::unique_ptr<Lock> lock_;
};

TEST_F(LockBaseTest, ALockWhoseWatchdogBreaksIsLost) {
  Acquire();
  locks_.broken = true;
  EXPECT_EQ(world_.sleeper.WakeNext(), 10s);
  EXPECT_TRUE(Eventually([&] { return lock_->Lost().IsSet(); }));
  EXPECT_FALSE(lock_->Valid());
}

TEST_F(LockBaseTest, TheWatchdogKeepsTheLockEveryThirdOfItsTtl) {
  Acquire();
  for (int i = 1; i <= 5; ++i) {
    world_.sleeper.AwaitSleepers(1);
    clock_.Advance(10s);
    Turn(10s);
    EXPECT_EQ(locks_.extended, i);
    EXPECT_TRUE(lock_->Valid());
  }
  EXPECT_FALSE(lock_->Lost().IsSet());
}

TEST_F(LockBaseTest, AnOwnerThatFrozeBeyondItsTtlLearnsThatItLostTheLock) {
  Acquire();
  world_.sleeper.AwaitSleepers(1);
  clock_.Advance(30s);
  EXPECT_FALSE(lock_->Valid());  // at once
  Turn(10s);
  EXPECT_TRUE(Eventually([&] { return lock_->Lost().IsSet(); }));
  EXPECT_EQ(locks_.extended, 0);  // whoever holds it now keeps it
  EXPECT_EQ(Release(runtime_, *lock_).error().code, Code::kFailedPrecondition);
}

TEST_F(LockBaseTest, AnOwnerWhoseLockWasTakenAwayLearnsIt) {
  Acquire();
  world_.sleeper.AwaitSleepers(1);
  locks_.taken_away = true;
  Turn(10s);
  EXPECT_TRUE(Eventually([&] { return lock_->Lost().IsSet(); }));
  EXPECT_FALSE(lock_->Valid());
}

TEST_F(LockBaseTest, AServerThatIsAwayIsAskedAgainUntilTheTtlIsOver) {
  Acquire();
  world_.sleeper.AwaitSleepers(1);
  locks_.away = true;
  clock_.Advance(10s);
  Turn(10s);
  for (int i = 0; i < 6; ++i) {
    clock_.Advance(3s);
    EXPECT_TRUE(lock_->Valid());
    Turn(i < 6 ? 3s : 2s);
  }
  clock_.Advance(2s);
  EXPECT_FALSE(lock_->Valid());
  Turn(2s);
  EXPECT_TRUE(Eventually([&] { return lock_->Lost().IsSet(); }));
}

TEST_F(LockBaseTest, AServerThatComesBackInTimeKeepsTheLock) {
  Acquire();
  world_.sleeper.AwaitSleepers(1);
  locks_.away = true;
  clock_.Advance(10s);
  Turn(10s);
  locks_.away = false;
  clock_.Advance(3s);
  Turn(3s);
  clock_.Advance(29s);
  EXPECT_TRUE(lock_->Valid());
}

TEST_F(LockBaseTest, ReleaseEndsTheWatchdogAndTheLock) {
  Acquire();
  EXPECT_EQ(locks_.held(), 1U);
  EXPECT_TRUE(Release(runtime_, *lock_));
  EXPECT_FALSE(lock_->Valid());
  EXPECT_FALSE(lock_->Lost().IsSet());
  EXPECT_EQ(locks_.released, 1);
  EXPECT_TRUE(Eventually([&] { return world_.sleeper.sleepers() == 0; }));
  lock_.reset();
  EXPECT_TRUE(Eventually([&] { return locks_.held() == 0; }));
  EXPECT_EQ(locks_.released, 1);
}

TEST_F(LockBaseTest, DestructionReleasesInTheBackground) {
  Acquire();
  lock_.reset();
  EXPECT_TRUE(Eventually([&] { return locks_.released == 1 && locks_.held() == 0; }));
}

TEST_F(LockBaseTest, WhoseReleaseCannotBeToldIsToldThat) {
  Acquire();
  locks_.away = true;
  EXPECT_EQ(Release(runtime_, *lock_).error().code, Code::kUnavailable);
}

TEST_F(LockBaseTest, WaitsForAnotherOwnerUntilItsDeadlineWithJitter) {
  locks_.free = false;
  std::latch ended(1);
  LockResult result = Fail(Code::kInternal, "unanswered");
  const Deadline deadline = Deadline::After(clock_, 10s);
  const auto acquire = [&]() -> Task<void> {
    result = co_await locks_.Acquire("a", 30s, deadline);
  };
  Spawn(runtime_.At(0), acquire, [&](std::exception_ptr) { ended.count_down(); });
  for (int i = 0; i < 20; ++i) world_.sleeper.WakeNext();
  const auto waits = world_.sleeper.asked();
  EXPECT_THAT(waits.front(), AllOf(Ge(5ms), Le(10ms)));
  EXPECT_THAT(std::vector(waits.begin() + 6, waits.end()), Each(AllOf(Ge(125ms), Le(250ms))));
  world_.sleeper.AwaitSleepers(1);
  clock_.Advance(10s);
  world_.sleeper.WakeNext();
  ended.wait();
  EXPECT_EQ(CodeOf(result), Code::kConflict);
}

TEST_F(LockBaseTest, WhoWaitsGetsTheLockOnceItIsFree) {
  locks_.free = false;
  std::latch ended(1);
  const auto acquire = [&]() -> Task<void> {
    auto acquired = co_await locks_.Acquire("a", 30s, Deadline::After(clock_, 10s));
    if (acquired) lock_ = *std::move(acquired);
  };
  Spawn(runtime_.At(0), acquire, [&](std::exception_ptr) { ended.count_down(); });
  world_.sleeper.AwaitSleepers(1);
  locks_.free = true;
  world_.sleeper.WakeNext();
  ended.wait();
  ASSERT_NE(lock_, nullptr);
  EXPECT_TRUE(lock_->Valid());
}

TEST_F(LockBaseTest, RefusesKeysAndTtlsThatCannotBe) {
  for (const std::string& key : {std::string(), std::string(201, 'a'), std::string("a{b}")}) {
    EXPECT_EQ(CodeOf(TryAcquire(runtime_, locks_, key)), Code::kInvalidArgument);
  }
  for (const auto ttl : {0ms, -1ms, 9ms, 86'400'001ms}) {
    EXPECT_EQ(CodeOf(TryAcquire(runtime_, locks_, "a", ttl)), Code::kInvalidArgument);
  }
  const auto forever =
      Await<LockResult>(runtime_, [&] { return locks_.Acquire("a", 30s, Deadline::None()); });
  EXPECT_EQ(CodeOf(forever), Code::kInvalidArgument);
}

TEST_F(LockBaseTest, AServerThatIsAwayIsNoOwner) {
  locks_.away = true;
  const auto acquired =
      Await<LockResult>(runtime_, [&] { return locks_.Acquire("a", 30s, Soon()); });
  EXPECT_EQ(CodeOf(acquired), Code::kUnavailable);
}

class LocalLocksTest : public ::testing::Test {
 protected:
  ~LocalLocksTest() override {
    runtime_.RunBlocking([&] { return locks_.Close(); });
  }
  Runtime runtime_{2};
  FakeClock clock_;
  LockWorld world_{clock_};
  LocalLocks locks_{world_.Dependencies()};
};

TEST_F(LocalLocksTest, ASecondOwnerIsRefusedUntilTheFirstReleases) {
  auto first = TryAcquire(runtime_, locks_, "a");
  ASSERT_TRUE(first);
  EXPECT_EQ(CodeOf(TryAcquire(runtime_, locks_, "a")), Code::kConflict);
  EXPECT_TRUE(TryAcquire(runtime_, locks_, "b"));
  EXPECT_TRUE(Release(runtime_, **first));
  auto second = TryAcquire(runtime_, locks_, "a");
  ASSERT_TRUE(second);
  EXPECT_GT((*second)->token(), (*first)->token());
  // The first owner's end does nothing to the second.
  first->reset();
  EXPECT_EQ(CodeOf(TryAcquire(runtime_, locks_, "a")), Code::kConflict);
}

TEST_F(LocalLocksTest, TokensGrowOverARestart) {
  const auto before = TryAcquire(runtime_, locks_, "a");
  ASSERT_TRUE(before);
  clock_.Advance(1s);
  LockWorld world(clock_);
  LocalLocks restarted(world.Dependencies());
  {
    const auto after = TryAcquire(runtime_, restarted, "a");
    ASSERT_TRUE(after);
    EXPECT_GT((*after)->token(), (*before)->token());
  }
  runtime_.RunBlocking([&] { return restarted.Close(); });
}

}  // namespace
}  // namespace vedette::lock
