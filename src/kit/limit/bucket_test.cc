// SPDX-License-Identifier: Apache-2.0
#include "kit/limit/bucket.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace vedette {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kSecond = 1'000'000;
constexpr RateLimit kFive = {.rate = 5, .burst = 10};

int TakeAll(Bucket& bucket, RateLimit limit, std::int64_t now) {
  int taken = 0;
  while (TakeFromBucket(bucket, limit, 1, now).allowed) ++taken;
  return taken;
}

// L4 and L7: at once the burst, then the rate, to the microsecond.
TEST(BucketTest, GrantsTheBurstAndThenTheRate) {
  Bucket bucket = FullBucket(kFive, 0);
  EXPECT_EQ(TakeAll(bucket, kFive, 0), 10);
  EXPECT_EQ(TakeAll(bucket, kFive, 199'999), 0);
  EXPECT_EQ(TakeAll(bucket, kFive, 200'000), 1);
  EXPECT_EQ(TakeAll(bucket, kFive, kSecond), 4);
  EXPECT_EQ(TakeAll(bucket, kFive, 100 * kSecond), 10) << "never more than the burst";
}

// L7: go-zero grants rate + burst around the turn of a second.
TEST(BucketTest, TurnOfASecondBringsNothingExtra) {
  Bucket bucket = FullBucket(kFive, 0);
  EXPECT_EQ(TakeAll(bucket, kFive, kSecond - 1), 10);
  EXPECT_EQ(TakeAll(bucket, kFive, kSecond), 0);
  EXPECT_EQ(TakeAll(bucket, kFive, kSecond + 1), 0);
}

// L7: a skewed clock cannot refill.
TEST(BucketTest, ClockThatStepsBackBringsNothing) {
  Bucket bucket = FullBucket(kFive, 100 * kSecond);
  EXPECT_EQ(TakeAll(bucket, kFive, 100 * kSecond), 10);
  EXPECT_EQ(TakeAll(bucket, kFive, 0), 0);
  EXPECT_EQ(TakeAll(bucket, kFive, 100 * kSecond), 0);
  EXPECT_EQ(TakeAll(bucket, kFive, 101 * kSecond), 5);
}

// L7: n > burst is refused without side effects; so is every other refusal.
TEST(BucketTest, RefusalChangesNothing) {
  Bucket bucket = FullBucket(kFive, 0);
  const LimitDecision never = TakeFromBucket(bucket, kFive, 11, 0);
  EXPECT_FALSE(never.allowed);
  EXPECT_EQ(never.remaining, 10);
  EXPECT_EQ(never.retry_after, milliseconds(0));
  EXPECT_EQ(TakeAll(bucket, kFive, 0), 10);
  // Asking all the time must not lose the fractions of a token.
  constexpr RateLimit kSlow = {.rate = 0.5, .burst = 1};
  bucket = FullBucket(kSlow, 0);
  EXPECT_TRUE(TakeFromBucket(bucket, kSlow, 1, 0).allowed);
  for (std::int64_t now = 0; now < 2 * kSecond; now += 997) {
    ASSERT_FALSE(TakeFromBucket(bucket, kSlow, 1, now).allowed) << now;
  }
  EXPECT_TRUE(TakeFromBucket(bucket, kSlow, 1, 2 * kSecond).allowed);
}

// L7: the exact bound, for rates that no integer divides.
TEST(BucketTest, NeverMoreThanBurstAndRateTimesTime) {
  SeededRandom random(11);
  for (int round = 0; round < 200; ++round) {
    const RateLimit limit = {.rate = 0.01 + 5000 * random.Uniform(),
                             .burst = 1 + static_cast<std::int64_t>(random.Below(1000))};
    Bucket bucket = FullBucket(limit, 0);
    std::int64_t now = 0;
    std::int64_t taken = 0;
    for (int step = 0; step < 500; ++step) {
      now += static_cast<std::int64_t>(random.Below(static_cast<std::uint64_t>(kSecond)));
      const auto amount = 1 + static_cast<std::int64_t>(random.Below(5));
      if (TakeFromBucket(bucket, limit, amount, now).allowed) taken += amount;
      ASSERT_LE(static_cast<double>(taken), static_cast<double>(limit.burst) +
                                                limit.rate * static_cast<double>(now) / 1e6 + 1e-6);
    }
  }
}

TEST(BucketTest, DecisionSaysWhatIsLeftAndWhen) {
  Bucket bucket = FullBucket(kFive, 0);
  EXPECT_EQ(TakeFromBucket(bucket, kFive, 4, 0).remaining, 6);
  const LimitDecision refused = TakeFromBucket(bucket, kFive, 8, 0);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.limit, 10);
  EXPECT_EQ(refused.remaining, 6);
  EXPECT_EQ(refused.reset, milliseconds(800));
  EXPECT_EQ(refused.retry_after, milliseconds(400));
  EXPECT_TRUE(TakeFromBucket(bucket, kFive, 8, 400'000).allowed) << "as it was told";
}

// L7: go-zero's lifetime is 0 when burst < rate / 2, which Redis refuses.
TEST(BucketTest, LifetimeIsAtLeastASecond) {
  EXPECT_EQ(BucketLifetimeSeconds({.rate = 5, .burst = 10}), 4);
  EXPECT_EQ(BucketLifetimeSeconds({.rate = 100, .burst = 10}), 1);
  EXPECT_EQ(BucketLifetimeSeconds({.rate = 3, .burst = 10}), 7);
  EXPECT_EQ(BucketLifetimeSeconds({.rate = 1e-300, .burst = 10}), 1'000'000'000);
}

TEST(BucketTest, ReplicasShareALimit) {
  EXPECT_EQ(ShareOf({.rate = 9, .burst = 10}, 3), (RateLimit{.rate = 3, .burst = 3}));
  EXPECT_EQ(ShareOf({.rate = 9, .burst = 2}, 3), (RateLimit{.rate = 3, .burst = 1}));
  EXPECT_EQ(ShareOf({.rate = 9, .burst = 10}, 0), (RateLimit{.rate = 9, .burst = 10}));
}

}  // namespace
}  // namespace vedette
