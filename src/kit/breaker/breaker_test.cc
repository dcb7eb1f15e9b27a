// SPDX-License-Identifier: Apache-2.0
#include "kit/breaker/breaker.h"

#include <gtest/gtest.h>

#include <thread>

#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

using namespace std::chrono_literals;

// Always the same value of [0, 1).
class FixedRandom final : public RandomSource {
 public:
  explicit FixedRandom(std::uint64_t value) : value_(value) {}
  std::uint64_t Next() override { return value_; }

 private:
  std::uint64_t value_;
};

// Ten buckets of 10 ms and k = 5.
BreakerOptions Small() {
  BreakerOptions options;
  options.window = 100ms;
  options.buckets = 10;
  options.k = 5;
  return options;
}

class BreakerTest : public testing::Test {
 protected:
  static constexpr auto kBucket = 10ms;

  // Calls that a breaker does not refuse, as those that were under way before.
  static void End(Breaker& breaker, Outcome outcome, int times, std::string_view reason = {}) {
    for (int i = 0; i < times; ++i) {
      Result<Breaker::Permit> permit = breaker.Allow();
      if (permit) permit->End(outcome, reason);
    }
  }

  static int CountRefused(Breaker& breaker, int calls) {
    int refused = 0;
    for (int i = 0; i < calls; ++i) refused += breaker.Allow() ? 0 : 1;
    return refused;
  }

  FakeClock clock_;
  SeededRandom random_{1};
  FixedRandom refuse_if_possible_{0};
  FixedRandom pass_if_possible_{~std::uint64_t{0}};
};

TEST_F(BreakerTest, PassesWhatSucceeds) {  // K1, K9
  Breaker breaker("test", Small(), clock_, refuse_if_possible_);
  End(breaker, Outcome::kSuccess, 80);
  EXPECT_EQ(CountRefused(breaker, 1), 0);
  End(breaker, Outcome::kSuccess, 120);
  EXPECT_EQ(CountRefused(breaker, 1000), 0);
}

TEST_F(BreakerTest, RefusesWhatFailsNearlyAlways) {  // K2
  Breaker breaker("test", Small(), clock_, pass_if_possible_);
  End(breaker, Outcome::kSuccess, 10);
  End(breaker, Outcome::kFailure, 100'000);
  clock_.Advance(2 * kBucket);
  // (100,010 − 5 − 5 · 10) / 100,011
  EXPECT_DOUBLE_EQ(breaker.Snapshot().refusal_probability, 99'955.0 / 100'011);
  EXPECT_EQ(breaker.Snapshot().total, 100'010);
}

TEST_F(BreakerTest, TakesItEasyWhileItRecovers) {  // K3
  BreakerOptions options = Small();
  options.k = 1.5;
  Breaker breaker("test", options, clock_, pass_if_possible_);
  for (int bucket = 0; bucket < 10; ++bucket) {
    if (bucket > 0) clock_.Advance(kBucket);
    End(breaker, bucket < 5 ? Outcome::kFailure : Outcome::kSuccess, 20);
  }
  // (200 − 5 − 1.5 · 100) / 201, and half of the buckets work.
  EXPECT_DOUBLE_EQ(breaker.Snapshot().refusal_probability, 45.0 / 201 / 2);
  EXPECT_EQ(CountRefused(breaker, 100), 0);
}

TEST_F(BreakerTest, ChanceFollowsTheProbability) {  // K3
  BreakerOptions options = Small();
  options.k = 1.5;
  Breaker breaker("test", options, clock_, random_);
  int refused = 0;
  for (int round = 0; round < 100; ++round) {
    clock_.Advance(options.window);
    End(breaker, Outcome::kSuccess, 20);
    clock_.Advance(kBucket);
    for (int i = 0; i < 40; ++i) {
      Result<Breaker::Permit> permit = breaker.Allow();
      if (permit) permit->End(Outcome::kFailure);
    }
    clock_.Advance(kBucket);
    refused += breaker.Allow() ? 0 : 1;
  }
  // 60 calls of which 20 succeeded, the newest bucket failing: w = 1.5 − 0.4 / 10, so
  // (60 − 5 − 1.46 · 20) / 61 = 0.42. Four standard deviations are 20.
  EXPECT_NEAR(refused, 42, 20);
}

TEST_F(BreakerTest, AFewFailuresNeverOpenIt) {  // K8
  Breaker breaker("test", Small(), clock_, refuse_if_possible_);
  End(breaker, Outcome::kFailure, 4);
  EXPECT_EQ(CountRefused(breaker, 100), 0);
  End(breaker, Outcome::kFailure, 1);
  EXPECT_EQ(CountRefused(breaker, 100), 0);
  End(breaker, Outcome::kFailure, 1);
  EXPECT_EQ(CountRefused(breaker, 1), 1);
}

TEST_F(BreakerTest, RefusesFromTheFirstCallAboveTheWeightedSuccesses) {  // K9
  BreakerOptions options;
  Breaker breaker("test", options, clock_, refuse_if_possible_);
  End(breaker, Outcome::kSuccess, 10);
  End(breaker, Outcome::kFailure, 10);  // 20 = 5 + 1.5 · 10
  EXPECT_EQ(CountRefused(breaker, 100), 0);
  End(breaker, Outcome::kFailure, 1);
  EXPECT_EQ(CountRefused(breaker, 1), 1);
}

TEST_F(BreakerTest, TheWindowCountsAndForgets) {  // K10
  Breaker breaker("test", Small(), clock_, pass_if_possible_);
  End(breaker, Outcome::kSuccess, 10);
  EXPECT_EQ(breaker.Snapshot().accepted, 10);
  EXPECT_EQ(breaker.Snapshot().total, 10);
  clock_.Advance(100ms);
  EXPECT_EQ(breaker.Snapshot().total, 0);
  End(breaker, Outcome::kFailure, 10);
  EXPECT_EQ(breaker.Snapshot().accepted, 0);
  EXPECT_EQ(breaker.Snapshot().failed, 10);
  EXPECT_EQ(breaker.Snapshot().total, 10);
  clock_.Advance(100ms);
  End(breaker, Outcome::kSuccess, 5);
  End(breaker, Outcome::kFailure, 5);
  EXPECT_EQ(breaker.Snapshot().accepted, 5);
  EXPECT_EQ(breaker.Snapshot().total, 10);
}

TEST_F(BreakerTest, ALastingFailureIsRefusedNearlyAlways) {  // K11
  Breaker breaker("test", Small(), clock_, random_);
  for (int bucket = 0; bucket < 6; ++bucket) {
    clock_.Advance(kBucket);
    End(breaker, Outcome::kFailure, 100);
  }
  EXPECT_GT(CountRefused(breaker, 100), 90);
}

TEST_F(BreakerTest, AfterAnIdleWindowItIsClosed) {  // K12
  Breaker breaker("test", Small(), clock_, refuse_if_possible_);
  End(breaker, Outcome::kFailure, 100);
  EXPECT_EQ(CountRefused(breaker, 10), 10);
  clock_.Advance(100ms);
  EXPECT_EQ(CountRefused(breaker, 10), 0);
  EXPECT_EQ(breaker.Snapshot().refusal_probability, 0);
}

TEST_F(BreakerTest, CallsOfThoseWhoLeftCountAsNothing) {  // K13
  Breaker breaker("test", Small(), clock_, refuse_if_possible_);
  for (int i = 0; i < 100; ++i) {
    Result<Breaker::Permit> permit = breaker.Allow();
    ASSERT_TRUE(permit);
    if (i % 2 == 0) permit->End(Outcome::kNeither);
  }
  EXPECT_EQ(breaker.Snapshot().total, 0);
  EXPECT_TRUE(breaker.Allow());
}

TEST_F(BreakerTest, APermitCountsOnce) {
  Breaker breaker("test", Small(), clock_, refuse_if_possible_);
  {
    Result<Breaker::Permit> permit = breaker.Allow();
    ASSERT_TRUE(permit);
    Breaker::Permit moved = *std::move(permit);
    moved.End(Outcome::kFailure);
    moved.End(Outcome::kFailure);
    permit->End(Outcome::kFailure);
  }
  EXPECT_EQ(breaker.Snapshot().total, 1);
}

TEST_F(BreakerTest, ADisabledBreakerNeverOpens) {  // K14
  BreakerOptions options = Small();
  options.enabled = false;
  Breaker breaker("test", options, clock_, refuse_if_possible_);
  End(breaker, Outcome::kFailure, 10'000);
  EXPECT_EQ(CountRefused(breaker, 100), 0);
}

TEST_F(BreakerTest, KeepsTheLastFiveReasons) {  // K15
  Breaker breaker("test", Small(), clock_, pass_if_possible_);
  End(breaker, Outcome::kFailure, 1, "one");
  EXPECT_EQ(breaker.Snapshot().reasons.size(), 1);
  for (const std::string_view reason : {"two", "three", "four", "five", "six", "seven"}) {
    clock_.Advance(1ms);
    End(breaker, Outcome::kFailure, 1, reason);
  }
  End(breaker, Outcome::kSuccess, 1, "not a reason");
  const auto reasons = breaker.Snapshot().reasons;
  ASSERT_EQ(reasons.size(), 5);
  EXPECT_EQ(reasons[0], std::pair(FakeClock::kStart + 6ms, std::string_view("seven")));
  EXPECT_EQ(reasons[1].second, "six");
  EXPECT_EQ(reasons[4], std::pair(FakeClock::kStart + 2ms, std::string_view("three")));
}

TEST_F(BreakerTest, RefusalsKeepThePressureUp) {
  Breaker breaker("test", Small(), clock_, refuse_if_possible_);
  End(breaker, Outcome::kFailure, 6);
  EXPECT_EQ(CountRefused(breaker, 94), 94);
  const Breaker::State state = breaker.Snapshot();
  EXPECT_EQ(state.total, 100);
  EXPECT_EQ(state.refused, 94);
  EXPECT_DOUBLE_EQ(state.refusal_probability, 95.0 / 101);
}

TEST_F(BreakerTest, ARefusalSaysWhenToComeBackAndNeedsNoMemory) {  // K5, K17
  Breaker breaker("test", BreakerOptions(), clock_, refuse_if_possible_);
  End(breaker, Outcome::kFailure, 6);
  const Result<Breaker::Permit> refused = breaker.Allow();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_EQ(Describe(refused.error().code).http_status, 503);
  EXPECT_EQ(refused.error().retry_after, 1s);
  EXPECT_LE(refused.error().message.size(), std::string().capacity());
}

TEST_F(BreakerTest, OneCallASecondIsForcedThrough) {  // K17
  Breaker breaker("test", BreakerOptions(), clock_, random_);
  // The first pass that chance could have refused starts the second.
  for (int i = 0; i < 100'000; ++i) {
    Result<Breaker::Permit> permit = breaker.Allow();
    if (permit) permit->End(Outcome::kFailure);
  }
  ASSERT_GT(breaker.Snapshot().refusal_probability, 0.999);
  clock_.Advance(1s + 1us);
  for (int second = 0; second < 5; ++second) {
    EXPECT_EQ(CountRefused(breaker, 3), 2) << second;
    clock_.Advance(1s);  // not more than a second
    EXPECT_EQ(CountRefused(breaker, 3), 3) << second;
    clock_.Advance(1us);
  }
}

// What a client of 100 calls a second sees: healthy for 20 s, then an outage of a minute.
TEST_F(BreakerTest, FollowsAnOutageAndItsEnd) {
  Breaker breaker("test", BreakerOptions(), clock_, random_);
  const auto call = [&](Outcome outcome) {
    clock_.Advance(10ms);
    Result<Breaker::Permit> permit = breaker.Allow();
    if (!permit) return false;
    permit->End(outcome);
    return true;
  };
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(call(Outcome::kSuccess));
  int first_refused = 0;
  int passed = 0;
  for (int i = 1; i <= 6000; ++i) {
    if (call(Outcome::kFailure)) {
      ++passed;
    } else if (first_refused == 0) {
      first_refused = i;
    }
  }
  EXPECT_NEAR(first_refused, 300, 40);  // 3.0 s
  EXPECT_NEAR(passed / 6000.0, 0.11, 0.02);
  int last_refused = 0;
  for (int i = 1; i <= 2000; ++i) {
    if (!call(Outcome::kSuccess)) last_refused = i;
  }
  EXPECT_GT(last_refused, 500);
  EXPECT_LE(last_refused, 1200);  // nothing after 12 s
}

TEST_F(BreakerTest, IsSafeUnderThreads) {  // B6
  BreakerOptions options;
  options.window = 10min;  // nothing falls out meanwhile
  const SystemClock clock;
  Breaker breaker("test", options, clock, pass_if_possible_);
  constexpr int kThreads = 4;
  constexpr int kCalls = 5000;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kCalls; ++i) {
        Result<Breaker::Permit> permit = breaker.Allow();
        if (permit) permit->End(thread == 0 ? Outcome::kFailure : Outcome::kSuccess, "test");
        if (i % 100 == 0) EXPECT_LE(breaker.Snapshot().total, kThreads * kCalls);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Breaker::State state = breaker.Snapshot();
  EXPECT_EQ(state.total, kThreads * kCalls);
  EXPECT_EQ(state.accepted, (kThreads - 1) * kCalls);
  EXPECT_EQ(state.failed, kCalls);
}

TEST(OutcomeOf, OnlyWhatTheProtectedThingDidIsAFailure) {  // K6, K17
  EXPECT_EQ(OutcomeOf(nullptr), Outcome::kSuccess);
  for (std::size_t i = 0; i < kCodeCount; ++i) {
    const Error error{.code = static_cast<Code>(i)};
    const Outcome outcome = OutcomeOf(&error);
    switch (error.code) {
      case Code::kDeadlineExceeded:
      case Code::kInternal:
      case Code::kUnavailable:
      case Code::kUnimplemented:
        EXPECT_EQ(outcome, Outcome::kFailure) << i;
        break;
      case Code::kCancelled:
      case Code::kResourceExhausted:
        EXPECT_EQ(outcome, Outcome::kNeither) << i;
        break;
      default:
        EXPECT_EQ(outcome, Outcome::kSuccess) << i;
    }
  }
}

}  // namespace
}  // namespace vedette
