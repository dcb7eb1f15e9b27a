// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/retry_policy.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "kit/rpc/fallback.h"
#include "kit/rpc/retry_budget.h"
#include "kit/rpc/stale_cache.h"
#include "kit/task/runtime.h"
#include "kit/testing/fake_clock.h"

namespace vedette::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

Error Unavailable() { return {Code::kUnavailable, "Away."}; }

TEST(RetryPolicyTest, OnlyUnavailabilityIsRetried) {
  for (std::size_t i = 0; i < kCodeCount; ++i) {
    const Error error{static_cast<Code>(i), ""};
    const bool unavailable = error.code == Code::kUnavailable;
    EXPECT_EQ(IsRetryable({error, false}, true), unavailable);
    EXPECT_EQ(IsRetryable({error, true}, false), unavailable);
    EXPECT_FALSE(IsRetryable({error, false}, false));
  }
}

TEST(RetryPolicyTest, BackoffIsSpreadFromZeroToTwiceAsMuchEachTime) {
  RetryOptions options;
  options.first_backoff = milliseconds(10);
  options.longest_backoff = milliseconds(50);
  SeededRandom random(5);
  const int kTries = 2000;
  for (const auto& [retries, most] : {std::pair(0, 10), {1, 20}, {2, 40}, {3, 50}, {60, 50}}) {
    nanoseconds least_seen = seconds(1);
    nanoseconds most_seen{0};
    nanoseconds sum{0};
    for (int i = 0; i < kTries; ++i) {
      const nanoseconds delay = Backoff(options, retries, random);
      least_seen = std::min(least_seen, delay);
      most_seen = std::max(most_seen, delay);
      sum += delay;
    }
    EXPECT_LE(most_seen, milliseconds(most));
    EXPECT_GT(most_seen, milliseconds(most) * 0.95);
    EXPECT_LT(least_seen, milliseconds(most) * 0.05);
    EXPECT_NEAR(static_cast<double>(sum.count()) / kTries, most * 0.5e6, most * 0.05e6);
  }
  options.first_backoff = milliseconds(0);
  EXPECT_EQ(Backoff(options, 3, random), nanoseconds(0));
}

TEST(RetryPolicyTest, NoRetryThatCannotEndInTime) {
  RetryOptions options;
  options.first_backoff = milliseconds(0);
  SeededRandom random(5);
  const auto delay = [&](Error error, nanoseconds left, nanoseconds expected) {
    return RetryDelay(options, 0, error, left, expected, random);
  };
  EXPECT_EQ(delay(Unavailable(), milliseconds(11), milliseconds(10)), nanoseconds(0));
  EXPECT_EQ(delay(Unavailable(), milliseconds(10), milliseconds(10)), std::nullopt);
  EXPECT_EQ(delay(Unavailable(), milliseconds(-5), nanoseconds(0)), std::nullopt);
  Error later = Unavailable();
  later.retry_after = milliseconds(100);
  EXPECT_EQ(delay(later, milliseconds(111), milliseconds(10)), nanoseconds(milliseconds(100)));
  EXPECT_EQ(delay(later, milliseconds(110), milliseconds(10)), std::nullopt);
  EXPECT_EQ(delay(later, milliseconds(50), nanoseconds(0)), std::nullopt);
  later.retry_after = milliseconds::max();
  EXPECT_EQ(delay(later, seconds(30), nanoseconds(0)), std::nullopt);
  later.retry_after = milliseconds::min();
  EXPECT_EQ(delay(later, seconds(30), nanoseconds(0)), nanoseconds(0));
}

TEST(RetryPolicyTest, AnAttemptIsGivenUpInTimeForAnother) {
  const RetryOptions options{.attempt_timeout = seconds(1)};
  EXPECT_EQ(AttemptTimeout(options, {}, seconds(30)), seconds(1));
  EXPECT_EQ(AttemptTimeout(options, {}, milliseconds(300)), milliseconds(100));
  EXPECT_EQ(AttemptTimeout(options, milliseconds(400), seconds(30)), seconds(1));
  // No time is left.
  EXPECT_EQ(AttemptTimeout(options, {}, seconds(0)), std::nullopt);
  EXPECT_EQ(AttemptTimeout(options, {}, seconds(-3)), std::nullopt);
}

TEST(RetryPolicyTest, WhatMayTakeLongIsGivenLonger) {
  const RetryOptions options{.attempt_timeout = seconds(1)};
  EXPECT_EQ(WithPatience(options, seconds(30), seconds(10)).attempt_timeout, seconds(3));
  EXPECT_EQ(WithPatience(options, seconds(10), seconds(10)).attempt_timeout, seconds(1));
  EXPECT_EQ(WithPatience(options, seconds(2), seconds(10)).attempt_timeout, seconds(1));
  EXPECT_EQ(WithPatience(options, seconds(0), seconds(10)).attempt_timeout, seconds(1));
}

TEST(RetryPolicyTest, ASlowOperationIsNotTakenForAFrozenInstance) {
  const RetryOptions options{.attempt_timeout = seconds(1)};
  EXPECT_EQ(AttemptTimeout(options, seconds(2), seconds(30)), seconds(4));
  EXPECT_EQ(AttemptTimeout(options, milliseconds(60), milliseconds(300)), milliseconds(120));
  // Another attempt would not end in time.
  EXPECT_EQ(AttemptTimeout(options, seconds(4), seconds(10)), std::nullopt);
  EXPECT_EQ(AttemptTimeout(options, milliseconds(100), milliseconds(300)), std::nullopt);
}

TEST(RetryPolicyTest, AHedgeComesAfterTheContractsTimeOrAThirdOfWhatIsLeft) {
  EXPECT_EQ(HedgeDelay(milliseconds(20), seconds(30)), milliseconds(20));
  EXPECT_EQ(HedgeDelay(seconds(5), seconds(30)), seconds(5));
  EXPECT_EQ(HedgeDelay(milliseconds(250), milliseconds(300)), milliseconds(100));
}

TEST(RetryPolicyTest, TheUsualTimeRisesFastAndFallsSlowly) {
  UsualTime usual;
  EXPECT_EQ(usual.value(), nanoseconds(0));
  usual.Add(milliseconds(10));
  EXPECT_EQ(usual.value(), milliseconds(10));
  usual.Add(milliseconds(110));
  EXPECT_EQ(usual.value(), milliseconds(60));
  usual.Add(milliseconds(20));
  EXPECT_EQ(usual.value(), milliseconds(58));
}

TEST(RetryBudgetTest, CallsAndTimeFillIt) {
  FakeClock clock;
  RetryBudget budget(0.1, 10, clock);
  for (int i = 0; i < 110; ++i) EXPECT_TRUE(budget.Take()) << i;
  EXPECT_FALSE(budget.Take());
  for (int i = 0; i < 21; ++i) budget.OnCall();
  EXPECT_TRUE(budget.Take());
  EXPECT_TRUE(budget.Take());
  EXPECT_FALSE(budget.Take());
  clock.Advance(milliseconds(550));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(budget.Take()) << i;
  EXPECT_FALSE(budget.Take());
  clock.Advance(seconds(3600));
  EXPECT_TRUE(budget.Take());
  EXPECT_LE(budget.tokens(), 109);  // bounded
}

CallContext ContextOf(const std::string& subject, const std::string& study) {
  CallContext context;
  context.principal =
      std::make_shared<const Principal>(Principal{subject, "", false, {{"monitor", study, "*"}}});
  return context;
}

TEST(StaleCacheTest, TellsOperationsRequestsCallersAndRightsApart) {
  const auto key = StaleCache::KeyOf("/a", "request", ContextOf("u1", "S1"));
  EXPECT_EQ(key, StaleCache::KeyOf("/a", "request", ContextOf("u1", "S1")));
  EXPECT_NE(key, StaleCache::KeyOf("/b", "request", ContextOf("u1", "S1")));
  EXPECT_NE(key, StaleCache::KeyOf("/a", "requesT", ContextOf("u1", "S1")));
  EXPECT_NE(key, StaleCache::KeyOf("/a", "request", ContextOf("u2", "S1")));
  EXPECT_NE(key, StaleCache::KeyOf("/a", "request", ContextOf("u1", "S2")));
  EXPECT_NE(StaleCache::KeyOf("/a", "b", {}), StaleCache::KeyOf("/ab", "", {}));
  CallContext one;
  one.bearer_token = std::make_shared<const std::string>("token 1");
  CallContext other;
  other.bearer_token = std::make_shared<const std::string>("token 2");
  EXPECT_NE(StaleCache::KeyOf("/a", "", one), StaleCache::KeyOf("/a", "", other));
  EXPECT_NE(StaleCache::KeyOf("/a", "", one), StaleCache::KeyOf("/a", "", {}));
}

TEST(StaleCacheTest, ForgetsTheOldAndTheLeastUsed) {
  FakeClock clock;
  StaleCache cache(3 * 1300, clock);
  const auto key = [](const std::string& name) { return StaleCache::KeyOf(name, "", {}); };
  for (const char* name : {"a", "b", "c"}) cache.Put(key(name), std::string(1000, *name));
  EXPECT_TRUE(cache.Find(key("a"), seconds(1)));
  cache.Put(key("d"), std::string(1000, 'd'));
  EXPECT_FALSE(cache.Find(key("b"), seconds(1)));
  EXPECT_EQ(cache.Find(key("a"), seconds(1)), std::string(1000, 'a'));
  EXPECT_TRUE(cache.Find(key("d"), seconds(1)));
  cache.Put(key("a"), "new");
  EXPECT_EQ(cache.Find(key("a"), seconds(1)), "new");
  clock.Advance(milliseconds(1001));
  EXPECT_FALSE(cache.Find(key("a"), seconds(1)));
  EXPECT_TRUE(cache.Find(key("a"), seconds(2)));
  cache.Put(key("large"), std::string(5000, 'x'));
  EXPECT_FALSE(cache.Find(key("large"), seconds(1)));
  EXPECT_TRUE(cache.Find(key("a"), seconds(2)));  // what cannot be kept displaces nothing
  cache.Forget(key("a"));
  EXPECT_FALSE(cache.Find(key("a"), seconds(2)));
}

Task<Result<int>> Value(Result<int> value) { co_return value; }

TEST(FallbackTest, ServesForTheDeclaredCodesOnly) {
  Runtime runtime(1);
  MetricsRegistry metrics;
  Counter& fallbacks = metrics.GetCounter("vedette_test_fallbacks_total", "Of the test.");
  const auto run = [&](Result<int> value) {
    return Await<Result<int>>(
        runtime, [&] { return OrElse(Value(std::move(value)), 7, kUnanswered, &fallbacks); });
  };
  EXPECT_EQ(run(3), 3);
  EXPECT_EQ(fallbacks.Value(), 0U);
  EXPECT_EQ(run(Fail(Unavailable())), 7);
  EXPECT_EQ(run(Fail(Code::kDeadlineExceeded, "Late.")), 7);
  EXPECT_EQ(fallbacks.Value(), 2U);
  EXPECT_EQ(run(Fail(Code::kNotFound, "No.")).error().code, Code::kNotFound);
  EXPECT_EQ(fallbacks.Value(), 2U);
}

}  // namespace
}  // namespace vedette::rpc
