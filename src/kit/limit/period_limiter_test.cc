// SPDX-License-Identifier: Apache-2.0
#include "kit/limit/period_limiter.h"

#include <gtest/gtest.h>

#include <map>

#include "kit/redis/redis_test_support.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

using States = std::map<PeriodState, int>;

States TakeMany(Runtime& runtime, PeriodLimiter& limiter, PeriodLimit limit, int count) {
  States states;
  for (int i = 0; i < count; ++i) {
    ++states[Await<PeriodDecision>(runtime, [&] {
               return limiter.Take("key", limit, redis::Later());
             }).state];
  }
  return states;
}

const States kL1 = {
    {PeriodState::kAllowed, 4}, {PeriodState::kHitQuota, 1}, {PeriodState::kOverQuota, 95}};

class LocalPeriodLimiterTest : public testing::Test {
 protected:
  PeriodDecision Take(std::string key, PeriodLimit limit) {
    return Await<PeriodDecision>(runtime_,
                                 [&] { return limiter_.Take(key, limit, Deadline::None()); });
  }

  Runtime runtime_{1};
  FakeClock clock_;
  LocalPeriodLimiter limiter_{2, clock_};
};

TEST_F(LocalPeriodLimiterTest, L1QuotaOfFive) {
  for (const bool align : {false, true}) {
    LocalPeriodLimiter limiter(10, clock_);
    const PeriodLimit limit = {.quota = 5, .period = minutes(1), .align = align};
    EXPECT_EQ(TakeMany(runtime_, limiter, limit, 100), kL1);
    clock_.Advance(minutes(1));
    EXPECT_EQ(TakeMany(runtime_, limiter, limit, 100), kL1) << "in the next period";
  }
}

TEST_F(LocalPeriodLimiterTest, L2QuotaOfOne) {
  EXPECT_EQ(Take("k", {.quota = 1}).state, PeriodState::kHitQuota);
  EXPECT_EQ(Take("k", {.quota = 1}).state, PeriodState::kOverQuota);
}

TEST_F(LocalPeriodLimiterTest, AlignedPeriodEndsAtMidnightOfTheTimeZone) {
  clock_.Advance(hours(15));  // 15:00 UTC
  const PeriodLimit day = {.quota = 2, .align = true};
  EXPECT_EQ(Take("utc", day).reset, hours(9));
  PeriodLimit shanghai = day;
  shanghai.east_of_utc = hours(8);
  EXPECT_EQ(Take("shanghai", shanghai).reset, hours(1));
  clock_.Advance(minutes(59));
  EXPECT_EQ(Take("shanghai", shanghai).used, 2);
  clock_.Advance(minutes(1));
  EXPECT_EQ(Take("shanghai", shanghai).used, 1);
  EXPECT_EQ(Take("plain", {.quota = 2}).reset, hours(24)) << "begins with the first use";
}

TEST_F(LocalPeriodLimiterTest, RemembersABoundedNumberOfKeys) {
  EXPECT_EQ(Take("a", {.period = minutes(1)}).used, 1);
  EXPECT_EQ(Take("b", {.period = hours(1)}).used, 1);
  clock_.Advance(minutes(2));
  EXPECT_EQ(Take("c", {.period = hours(1)}).used, 1) << "in the place of a, whose period is over";
  EXPECT_EQ(Take("b", {.period = hours(1)}).used, 2);
}

class RedisPeriodLimiterTest : public testing::Test {
 protected:
  void SetUp() override { VEDETTE_NEEDS_REDIS(); }
};

TEST_F(RedisPeriodLimiterTest, L1QuotaOfFive) {
  for (const bool align : {false, true}) {
    testkit::RedisServer server;
    redis::TestClient client(server.url());
    RedisPeriodLimiter limiter(*client.client);
    // A period so long that the test does not see its end.
    const PeriodLimit limit = {.quota = 5, .period = hours(24 * 36'500), .align = align};
    EXPECT_EQ(TakeMany(client.runtime, limiter, limit, 100), kL1);
    const auto left = *client.Call("PTTL", {"vedette:period:key"})->integer();
    if (align) {
      EXPECT_LT(left, limit.period.count());
      EXPECT_GT(left, 0);
    } else {
      EXPECT_LE(left, limit.period.count());
      EXPECT_GT(left, limit.period.count() - 60'000);
    }
  }
}

TEST_F(RedisPeriodLimiterTest, L2QuotaOfOne) {
  testkit::RedisServer server;
  redis::TestClient client(server.url());
  RedisPeriodLimiter limiter(*client.client);
  EXPECT_EQ(TakeMany(client.runtime, limiter, {.quota = 1}, 1),
            (States{{PeriodState::kHitQuota, 1}}));
}

TEST_F(RedisPeriodLimiterTest, PeriodEndsByItself) {
  testkit::RedisServer server;
  redis::TestClient client(server.url());
  RedisPeriodLimiter limiter(*client.client);
  const PeriodLimit limit = {.quota = 1, .period = milliseconds(300)};
  TakeMany(client.runtime, limiter, limit, 1);
  EXPECT_TRUE(redis::Eventually([&] {
    return TakeMany(client.runtime, limiter, limit, 1).contains(PeriodState::kHitQuota);
  }));
}

TEST_F(RedisPeriodLimiterTest, L3RedisAwayIsUnknownWithTheError) {
  testkit::RedisServer server;
  server.Stop();
  redis::TestClient client(server.url());
  RedisPeriodLimiter limiter(*client.client);
  const auto decision = Await<PeriodDecision>(
      client.runtime, [&] { return limiter.Take("key", {}, redis::Later()); });
  EXPECT_EQ(decision.state, PeriodState::kUnknown);
  EXPECT_FALSE(decision.allowed());
  ASSERT_TRUE(decision.error);
  EXPECT_EQ(decision.error->code, Code::kUnavailable);
}

}  // namespace
}  // namespace vedette
