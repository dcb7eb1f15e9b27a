// SPDX-License-Identifier: Apache-2.0
#include "kit/lock/postgres_locks.h"

#include <latch>

#include "kit/lock/local_locks.h"
#include "kit/lock/lock_test_support.h"
#include "kit/task/spawn.h"
#include "kit/testing/databases.h"

namespace vedette::lock {
namespace {

using namespace std::chrono_literals;

// Ends the connection that holds lock "a" of this schema.
constexpr db::Sql kEndHolder{
    "end_holder",
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    " AND CAST(classid AS BIGINT) << 32 | CAST(objid AS BIGINT)"
    " = hashtextextended(current_schema() || ' lock a', 0)"};

class PostgresLocksTest : public ::testing::Test {
 protected:
  PostgresLocksTest() {
    EXPECT_TRUE(Await<Status>(runtime_, [&] { return here_.Prepare(Soon()); }));
    EXPECT_TRUE(Await<Status>(runtime_, [&] { return there_.Prepare(Soon()); }));
  }
  ~PostgresLocksTest() override {
    runtime_.RunBlocking([&] { return here_.Close(); });
    runtime_.RunBlocking([&] { return there_.Close(); });
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_ =
      testkit::OpenTestDatabase(testkit::DatabaseKind::kPostgres, runtime_);
  SystemClock clock_;
  LockWorld world_{clock_};
  LockWorld other_world_{clock_};
  PostgresLocks here_{*database_, 2, world_.Dependencies()};
  PostgresLocks there_{*database_, 2, other_world_.Dependencies()};
};

TEST_F(PostgresLocksTest, ASecondOwnerIsRefusedUntilTheFirstReleases) {
  auto first = TryAcquire(runtime_, here_, "a");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(CodeOf(TryAcquire(runtime_, there_, "a")), Code::kConflict);
  EXPECT_TRUE(TryAcquire(runtime_, there_, "b"));
  EXPECT_TRUE(Release(runtime_, **first));
  const auto second = TryAcquire(runtime_, there_, "a");
  ASSERT_TRUE(second);
  EXPECT_GT((*second)->token(), (*first)->token());
}

TEST_F(PostgresLocksTest, DestructionReleases) {
  {
    ASSERT_TRUE(TryAcquire(runtime_, here_, "a"));
  }
  EXPECT_TRUE(Eventually([&] { return TryAcquire(runtime_, there_, "a").has_value(); }));
}

TEST_F(PostgresLocksTest, TheWatchdogKeepsTheConnectionBusy) {
  const auto lock = TryAcquire(runtime_, here_, "a", 60s);
  ASSERT_TRUE(lock);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(world_.sleeper.WakeNext(), 20s);
    world_.sleeper.AwaitSleepers(1);
  }
  EXPECT_TRUE((*lock)->Valid());
  EXPECT_EQ(CodeOf(TryAcquire(runtime_, there_, "a")), Code::kConflict);
}

TEST_F(PostgresLocksTest, AnOwnerWhoseWatchdogFrozeLosesTheLockToTheNext) {
  const auto frozen = TryAcquire(runtime_, here_, "a", 50ms);
  ASSERT_TRUE(frozen);
  LockResult next = Fail(Code::kInternal, "unanswered");
  ASSERT_TRUE(Eventually([&] {
    next = TryAcquire(runtime_, there_, "a");
    return next.has_value();
  }));
  EXPECT_FALSE((*frozen)->Valid());
  EXPECT_GT((*next)->token(), (*frozen)->token());
  world_.sleeper.WakeNext();
  EXPECT_TRUE(Eventually([&] { return (*frozen)->Lost().IsSet(); }));
  EXPECT_EQ(Release(runtime_, **frozen).error().code, Code::kFailedPrecondition);
  EXPECT_TRUE((*next)->Valid());
}

TEST_F(PostgresLocksTest, ALostConnectionIsALostLock) {
  const auto lock = TryAcquire(runtime_, here_, "a", 60s);
  ASSERT_TRUE(lock);
  const auto ended =
      Await<Result<db::Rows>>(runtime_, [&] { return database_->Query(Soon(), kEndHolder); });
  ASSERT_TRUE(ended);
  ASSERT_EQ(ended->size(), 1U);
  world_.sleeper.WakeNext();
  EXPECT_TRUE(Eventually([&] { return (*lock)->Lost().IsSet(); }));
  EXPECT_TRUE(Eventually([&] { return TryAcquire(runtime_, there_, "a").has_value(); }));
}

TEST_F(PostgresLocksTest, NoMoreLocksThanItHasConnectionsFor) {
  auto first = TryAcquire(runtime_, here_, "a");
  const auto second = TryAcquire(runtime_, here_, "b");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(CodeOf(TryAcquire(runtime_, here_, "c")), Code::kResourceExhausted);
  ASSERT_TRUE(Release(runtime_, **first));
  EXPECT_TRUE(TryAcquire(runtime_, here_, "c"));
}

TEST_F(PostgresLocksTest, ACancelledAcquireLeavesNothingBehind) {
  for (int i = 0; i < 10; ++i) {
    std::latch ended(1);
    Canceller canceller;
    const auto acquire = [&]() -> Task<void> {
      static_cast<void>(co_await here_.TryAcquire("a", 60s, Soon()));
    };
    Spawn(runtime_.At(0), acquire, [&](std::exception_ptr) { ended.count_down(); }, canceller);
    canceller.Cancel();
    ended.wait();
  }
  EXPECT_TRUE(Eventually([&] { return TryAcquire(runtime_, there_, "a").has_value(); }));
}

TEST(DatabaseLocksTest, SqliteGetsLocksOfTheProcess) {
  Runtime runtime(1);
  const auto database = testkit::OpenTestDatabase(testkit::DatabaseKind::kSqlite, runtime);
  SystemClock clock;
  LockWorld world(clock);
  auto locks = Await<Result<std::unique_ptr<LockManager>>>(
      runtime, [&] { return MakeDatabaseLocks(*database, 3, world.Dependencies(), Soon()); });
  ASSERT_TRUE(locks);
  EXPECT_NE(dynamic_cast<LocalLocks*>(locks->get()), nullptr);
  runtime.RunBlocking([&] { return (*locks)->Close(); });
}

}  // namespace
}  // namespace vedette::lock
