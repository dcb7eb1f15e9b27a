// SPDX-License-Identifier: Apache-2.0
#include "kit/lock/redis_locks.h"

#include <latch>

#include "kit/lock/lock_test_support.h"
#include "kit/redis/redis_test_support.h"
#include "kit/task/spawn.h"
#include "kit/testing/redis.h"

namespace vedette::lock {
namespace {

using namespace std::chrono_literals;

// Two processes, with a Redis of their own; their watchdogs wake when the test says so.
class RedisLocksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testkit::RedisServer::IsInstalled()) GTEST_SKIP() << "redis-server is not installed";
    server_ = std::make_unique<testkit::RedisServer>();
    client_ = std::make_unique<redis::TestClient>(server_->url());
    here_ = std::make_unique<RedisLocks>("test:", *client_->client, world_.Dependencies());
    there_ = std::make_unique<RedisLocks>("test:", *client_->client, other_world_.Dependencies());
    ASSERT_TRUE(Eventually([&] { return client_->Works(); }));
  }
  void TearDown() override {
    if (!client_) return;
    runtime().RunBlocking([&] { return here_->Close(); });
    runtime().RunBlocking([&] { return there_->Close(); });
  }
  Runtime& runtime() { return client_->runtime; }
  // Redis answers, and so often that no breaker remembers otherwise.
  bool Recovers() {
    int successes = 0;
    return Eventually([&] { return (successes = client_->Works() ? successes + 1 : 0) > 50; });
  }
  bool IsHeld(const std::string& key) {
    return client_->Call("EXISTS", {"test:lock:{" + key + "}"}) == redis::Integer(1);
  }

  std::unique_ptr<testkit::RedisServer> server_;
  std::unique_ptr<redis::TestClient> client_;
  SystemClock clock_;
  LockWorld world_{clock_};
  LockWorld other_world_{clock_};
  std::unique_ptr<RedisLocks> here_;
  std::unique_ptr<RedisLocks> there_;
};

TEST_F(RedisLocksTest, ASecondOwnerIsRefusedUntilTheFirstReleases) {
  auto first = TryAcquire(runtime(), *here_, "a");
  ASSERT_TRUE(first);
  EXPECT_EQ(CodeOf(TryAcquire(runtime(), *there_, "a")), Code::kConflict);
  EXPECT_EQ(CodeOf(TryAcquire(runtime(), *here_, "a")), Code::kConflict);
  EXPECT_TRUE(Release(runtime(), **first));
  EXPECT_FALSE(IsHeld("a"));
  const auto second = TryAcquire(runtime(), *there_, "a");
  ASSERT_TRUE(second);
  EXPECT_GT((*second)->token(), (*first)->token());
}

TEST_F(RedisLocksTest, AForeignReleaseDoesNothing) {
  auto first = TryAcquire(runtime(), *here_, "a");
  ASSERT_TRUE(first);
  // Its lock ended, and another took it, without its knowing.
  ASSERT_TRUE(client_->Call("DEL", {"test:lock:{a}"}));
  const auto second = TryAcquire(runtime(), *there_, "a");
  ASSERT_TRUE(second);
  EXPECT_EQ(Release(runtime(), **first).error().code, Code::kFailedPrecondition);
  EXPECT_TRUE(IsHeld("a"));
  EXPECT_EQ(CodeOf(TryAcquire(runtime(), *here_, "a")), Code::kConflict);
}

TEST_F(RedisLocksTest, TheWatchdogExtendsWhatIsOursAndLearnsWhatIsNot) {
  const auto lock = TryAcquire(runtime(), *here_, "a", 60s);
  ASSERT_TRUE(lock);
  ASSERT_TRUE(client_->Call("PEXPIRE", {"test:lock:{a}", "20000"}));
  world_.sleeper.WakeNext();
  world_.sleeper.AwaitSleepers(1);
  const auto left = client_->Call("PTTL", {"test:lock:{a}"});
  ASSERT_TRUE(left);
  EXPECT_GT(*left->integer(), 30'000);
  ASSERT_TRUE(client_->Call("SET", {"test:lock:{a}", "another"}));
  world_.sleeper.WakeNext();
  EXPECT_TRUE(Eventually([&] { return (*lock)->Lost().IsSet(); }));
  EXPECT_FALSE((*lock)->Valid());
  EXPECT_EQ(client_->Call("GET", {"test:lock:{a}"}), redis::Text("another"));
}

TEST_F(RedisLocksTest, AnOwnerWhoseWatchdogFrozeLosesTheLockToTheNext) {
  const auto frozen = TryAcquire(runtime(), *here_, "a", 50ms);
  ASSERT_TRUE(frozen);
  LockResult next = Fail(Code::kInternal, "unanswered");
  ASSERT_TRUE(Eventually([&] {
    next = TryAcquire(runtime(), *there_, "a");
    return next.has_value();
  }));
  EXPECT_FALSE((*frozen)->Valid());
  EXPECT_GT((*next)->token(), (*frozen)->token());
  world_.sleeper.WakeNext();
  EXPECT_TRUE(Eventually([&] { return (*frozen)->Lost().IsSet(); }));
  EXPECT_TRUE((*next)->Valid());
}

TEST_F(RedisLocksTest, ARestartThatForgetsEverythingIsLearnedAndTokensGrowOn) {
  const auto lost = TryAcquire(runtime(), *here_, "a", 60s);
  ASSERT_TRUE(lost);
  server_->Stop();
  world_.sleeper.WakeNext();  // cannot be told now
  world_.sleeper.AwaitSleepers(1);
  EXPECT_TRUE((*lost)->Valid());
  server_->Start();
  ASSERT_TRUE(Recovers());
  const auto next = TryAcquire(runtime(), *there_, "a");
  ASSERT_TRUE(next);
  EXPECT_GT((*next)->token(), (*lost)->token());
  world_.sleeper.WakeNext();
  EXPECT_TRUE(Eventually([&] { return (*lost)->Lost().IsSet(); }));
}

TEST_F(RedisLocksTest, WhileRedisIsAwayNobodyGetsALock) {
  server_->Stop();
  ASSERT_TRUE(Eventually([&] { return !client_->Works(); }));
  EXPECT_NE(CodeOf(TryAcquire(runtime(), *here_, "a")), Code::kConflict);
  server_->Start();
  EXPECT_TRUE(Eventually([&] { return TryAcquire(runtime(), *here_, "a").has_value(); }));
}

TEST_F(RedisLocksTest, ACancelledAcquireLeavesNothingBehind) {
  // The server takes the command and does not answer it yet.
  server_->Freeze();
  std::latch ended(1);
  Canceller canceller;
  const auto acquire = [&]() -> Task<void> {
    static_cast<void>(co_await here_->TryAcquire("a", 60s, Soon()));
  };
  Spawn(runtime().At(0), acquire, [&](std::exception_ptr) { ended.count_down(); }, canceller);
  Post(runtime().At(0), [&] { canceller.Cancel(); });
  ended.wait();
  server_->Thaw();
  EXPECT_TRUE(Eventually([&] { return client_->Works() && !IsHeld("a"); }));
  runtime().RunBlocking([&] { return here_->Close(); });
  EXPECT_FALSE(IsHeld("a"));
}

}  // namespace
}  // namespace vedette::lock
