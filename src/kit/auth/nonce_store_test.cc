// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/nonce_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "kit/redis/client.h"
#include "kit/task/runtime.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class NonceStoreTest : public testing::Test {
 protected:
  Result<bool> Use(NonceStore& store, std::string nonce, std::chrono::milliseconds lifetime = 10s) {
    return Await<Result<bool>>(runtime_,
                               [&] { return store.Use(nonce, lifetime, Deadline::None()); });
  }

  FakeClock clock_;
  Runtime runtime_{1};
};

TEST_F(NonceStoreTest, TakesEachOnceWithinItsLifetime) {
  LocalNonceStore store(clock_);
  EXPECT_EQ(Use(store, "a"), true);
  EXPECT_EQ(Use(store, "a"), false);
  EXPECT_EQ(Use(store, "b", 5s), true);
  clock_.Advance(9s);
  EXPECT_EQ(Use(store, "a"), false);
  EXPECT_EQ(Use(store, "b"), true);
  clock_.Advance(1s);
  EXPECT_EQ(Use(store, "a"), true);
}

TEST_F(NonceStoreTest, RefusesRatherThanForgets) {
  LocalNonceStore store(clock_, 2);
  EXPECT_EQ(Use(store, "a", 10s), true);
  EXPECT_EQ(Use(store, "b", 20s), true);
  const Result<bool> full = Use(store, "c");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, Code::kUnavailable);
  EXPECT_EQ(Use(store, "a"), false) << "what is known is known when it is full, too";
  clock_.Advance(10s);
  EXPECT_EQ(Use(store, "c"), true);
}

class FakeRedis final : public redis::Client {
 public:
  Task<Result<redis::Reply>> Call(Deadline,
                                  std::string_view command,
                                  std::vector<std::string> arguments) override {
    last = std::move(arguments);
    last.insert(last.begin(), std::string(command));
    co_return reply;
  }
  Task<Result<redis::Reply>> Run(Deadline,
                                 const redis::Script&,
                                 std::vector<std::string>,
                                 std::vector<std::string>) override {
    co_return reply;
  }
  bool IsConnected() const override { return true; }
  Task<void> Close() override { co_return; }

  Result<redis::Reply> reply;
  std::vector<std::string> last;
};

TEST_F(NonceStoreTest, RedisDecidesForAllReplicas) {
  FakeRedis redis;
  RedisNonceStore store(redis);
  redis.reply = redis::Reply{std::string("OK")};
  EXPECT_EQ(Use(store, "a", 600s), true);
  EXPECT_THAT(redis.last, ElementsAre("SET", "vedette:nonce:a", "1", "NX", "PX", "600000"));
  redis.reply = redis::Reply{};
  EXPECT_EQ(Use(store, "a"), false);
  redis.reply = Fail(Code::kUnavailable, "away");
  const Result<bool> unknown = Use(store, "b");
  ASSERT_FALSE(unknown) << "what cannot be known is not taken for new";
  EXPECT_EQ(unknown.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace vedette
