// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "kit/cache/cache_test_support.h"
#include "kit/redis/redis_test_support.h"
#include "kit/testing/redis.h"

namespace vedette::cache {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

// Caches of two processes over a Redis of their own.
class RedisStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testkit::RedisServer::IsInstalled()) GTEST_SKIP() << "redis-server is not installed";
    server_ = std::make_unique<testkit::RedisServer>();
    client_ = std::make_unique<redis::TestClient>(server_->url());
    store_ = std::make_unique<RedisStore>("test:", *client_->client);
    ASSERT_TRUE(redis::Eventually([&] { return client_->Works(); }));
    here_ = Open();
    there_ = Open();
  }
  void TearDown() override {
    if (!client_) return;
    client_->runtime.RunBlocking([&] { return here_->cache.Close(); });
    client_->runtime.RunBlocking([&] { return there_->cache.Close(); });
  }

  struct Process {
    explicit Process(RedisStoreTest& test)
        : cache("test", {}, *test.store_, test.random_, test.sleeper_, metrics, Logger()) {}
    MetricsRegistry metrics;
    Cache cache;
    CacheAside<std::string> values{"v", cache, TextCodec()};
  };
  std::unique_ptr<Process> Open() { return std::make_unique<Process>(*this); }

  Result<std::string> Take(Process& process, Result<std::string> answer) {
    return Await<Result<std::string>>(client_->runtime, [&] {
      return process.values.Take("a", redis::Later(), [&, answer](Deadline) {
        ++queries_;
        return Answer(answer);
      });
    });
  }
  static Task<Result<std::string>> Answer(Result<std::string> answer) { co_return answer; }
  // Redis answers, and so often that no breaker remembers otherwise.
  bool Recovers() {
    int successes = 0;
    return redis::Eventually(
        [&] { return (successes = client_->Works() ? successes + 1 : 0) > 50; });
  }
  void Invalidate(Process& process) {
    client_->runtime.RunBlocking([&]() -> Task<void> {
      auto invalidation = co_await process.cache.BeginInvalidation({"v:a"});
      co_await invalidation.Run(redis::Later());
    });
  }

  std::unique_ptr<testkit::RedisServer> server_;
  std::unique_ptr<redis::TestClient> client_;
  std::unique_ptr<RedisStore> store_;
  SeededRandom random_{5};
  FakeSleeper sleeper_;
  std::unique_ptr<Process> here_;
  std::unique_ptr<Process> there_;
  int queries_ = 0;
};

TEST_F(RedisStoreTest, WhatOneProcessCachedAnotherReadsUntilAWriteDeletesIt) {
  EXPECT_EQ(Take(*here_, "one"), "one");
  EXPECT_EQ(Take(*there_, "two"), "one");
  EXPECT_EQ(client_->Call("GET", {"test:v:a"}), redis::Text("=one"));
  const auto left = client_->Call("TTL", {"test:v:a"});
  EXPECT_THAT(*left->integer(), AllOf(Ge(574'000), Le(635'041)));
  Invalidate(*there_);
  EXPECT_EQ(Take(*here_, "two"), "two");
  EXPECT_EQ(queries_, 2);
}

// C3 and C5, with the real SET NX.
TEST_F(RedisStoreTest, ThatThereIsNothingIsRememberedForAMinuteAndOverwritesNothing) {
  EXPECT_EQ(Take(*here_, Fail(Code::kNotFound, "nobody")).error().message, "nobody");
  EXPECT_EQ(Take(*there_, "one").error().message, "nobody");
  const auto left = client_->Call("TTL", {"test:v:a"});
  EXPECT_THAT(*left->integer(), AllOf(Ge(50), Le(63)));
  const auto set = Await<Result<bool>>(
      client_->runtime, [&] { return store_->SetIfAbsent(redis::Later(), "v:a", "=one", 1500ms); });
  EXPECT_FALSE(set.value());
}

TEST_F(RedisStoreTest, ExpiryIsRoundedUpToSeconds) {
  ASSERT_TRUE(Await<Status>(client_->runtime,
                            [&] { return store_->Set(redis::Later(), "b", "=one", 59'001ms); }));
  const auto left = client_->Call("PTTL", {"test:b"});
  EXPECT_THAT(*left->integer(), AllOf(Ge(50'000), Le(60'000)));
}

// C7, C11
TEST_F(RedisStoreTest, AKeyThatHoldsSomethingElseIsRepaired) {
  ASSERT_TRUE(client_->Call("RPUSH", {"test:v:a", "x"}));
  EXPECT_EQ(Take(*here_, "one"), "one");
  EXPECT_EQ(client_->Call("GET", {"test:v:a"}), redis::Text("=one"));
}

// C2, and that it works again by itself.
TEST_F(RedisStoreTest, AStopKeepsTheSourceOutAndARestartStartsEmpty) {
  EXPECT_EQ(Take(*here_, "one"), "one");
  server_->Stop();
  EXPECT_TRUE(redis::Eventually([&] { return !client_->Works(); }));
  EXPECT_EQ(Take(*here_, "two").error().code, Code::kUnavailable);
  EXPECT_EQ(queries_, 1);
  server_->Start();
  EXPECT_TRUE(redis::Eventually([&] { return Take(*here_, "three").has_value(); }));
  EXPECT_EQ(Take(*there_, "four"), "three");
}

// C10
TEST_F(RedisStoreTest, ADeleteThatRedisDidNotSeeIsDoneOnceItIsBack) {
  EXPECT_EQ(Take(*here_, "old"), "old");
  server_->Stop();
  ASSERT_TRUE(redis::Eventually([&] { return !client_->Works(); }));
  Invalidate(*here_);
  sleeper_.AwaitSleepers(1);
  server_->Start();
  ASSERT_TRUE(Recovers());
  ASSERT_TRUE(client_->Call("SET", {"test:v:a", "=old"}));
  EXPECT_EQ(sleeper_.WakeNext(), 1s);
  EXPECT_TRUE(redis::Eventually(
      [&] { return client_->Call("EXISTS", {"test:v:a"}) == redis::Integer(0); }));
}

TEST_F(RedisStoreTest, DeletesSeveralKeysAndThoseThatAreNotThere) {
  ASSERT_TRUE(client_->Call("MSET", {"test:b", "1", "test:c", "2"}));
  const std::vector<std::string> keys{"b", "c", "nothing"};
  EXPECT_TRUE(
      Await<Status>(client_->runtime, [&] { return store_->Delete(redis::Later(), keys); }));
  EXPECT_EQ(client_->Call("EXISTS", {"test:b", "test:c"}), redis::Integer(0));
}

}  // namespace
}  // namespace vedette::cache
