// SPDX-License-Identifier: Apache-2.0
#include "services/identity/throttle.h"

#include <gtest/gtest.h>

#include "kit/testing/fake_clock.h"

namespace vedette::identity {
namespace {

using namespace std::chrono_literals;

TEST(LogInThrottle, TheSixthAttemptAfterFiveFailuresWaits) {
  FakeClock clock;
  LogInThrottle throttle(clock);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(throttle.Admit("ann")) << i;
  const Status sixth = throttle.Admit("ann");
  ASSERT_FALSE(sixth);
  EXPECT_EQ(sixth.error().code, Code::kResourceExhausted);
  EXPECT_EQ(sixth.error().retry_after, 1000ms);
}

TEST(LogInThrottle, TheWaitDoublesUpToItsLimit) {
  FakeClock clock;
  LogInThrottle throttle(clock, {.free_failures = 1, .longest_delay = 8s});
  for (const auto wait : {1000ms, 2000ms, 4000ms, 8000ms, 8000ms}) {
    ASSERT_TRUE(throttle.Admit("ann"));
    const Status refused = throttle.Admit("ann");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().retry_after, wait);
    clock.Advance(wait - 1ms);
    EXPECT_FALSE(throttle.Admit("ann"));
    clock.Advance(1ms);
  }
}

TEST(LogInThrottle, OneNameDoesNotDelayAnother) {
  FakeClock clock;
  LogInThrottle throttle(clock, {.free_failures = 1});
  ASSERT_TRUE(throttle.Admit("ann"));
  EXPECT_FALSE(throttle.Admit("ann"));
  EXPECT_TRUE(throttle.Admit("bob"));
}

TEST(LogInThrottle, SuccessStartsANameAnew) {
  FakeClock clock;
  LogInThrottle throttle(clock, {.free_failures = 2});
  ASSERT_TRUE(throttle.Admit("ann"));
  ASSERT_TRUE(throttle.Admit("ann"));
  throttle.Succeeded("ann");
  EXPECT_TRUE(throttle.Admit("ann"));
  EXPECT_TRUE(throttle.Admit("ann"));
  EXPECT_FALSE(throttle.Admit("ann"));
}

TEST(LogInThrottle, AWithdrawnAttemptIsNoFailure) {
  FakeClock clock;
  LogInThrottle throttle(clock, {.free_failures = 1});
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(throttle.Admit("ann"));
    throttle.Withdraw("ann");
  }
}

TEST(LogInThrottle, FailuresAreForgottenInTime) {
  FakeClock clock;
  LogInThrottle throttle(clock, {.free_failures = 2, .forget_after = 10min});
  ASSERT_TRUE(throttle.Admit("ann"));
  clock.Advance(10min);
  ASSERT_TRUE(throttle.Admit("ann"));
  EXPECT_TRUE(throttle.Admit("ann"));
}

TEST(LogInThrottle, ManyFailuresOfManyNamesMakeEverybodyWait) {
  FakeClock clock;
  LogInThrottle throttle(clock, {.failures_per_minute = 10});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(throttle.Admit("name" + std::to_string(i)));
  clock.Advance(20s);
  const Status refused = throttle.Admit("another");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().retry_after, 40s);
  clock.Advance(40s);
  EXPECT_TRUE(throttle.Admit("another"));
}

TEST(LogInThrottle, SuccessesDoNotMakeEverybodyWait) {
  FakeClock clock;
  LogInThrottle throttle(clock, {.failures_per_minute = 2});
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(throttle.Admit("ann"));
    throttle.Succeeded("ann");
  }
}

TEST(LogInThrottle, RemembersABoundedNumberOfNames) {
  FakeClock clock;
  LogInThrottle throttle(clock, {.free_failures = 1, .names = 3});
  for (const char* name : {"a", "b", "c", "d"}) ASSERT_TRUE(throttle.Admit(name));
  EXPECT_EQ(throttle.size(), 3u);
  EXPECT_TRUE(throttle.Admit("a"));
  EXPECT_FALSE(throttle.Admit("d"));
}

}  // namespace
}  // namespace vedette::identity
