// SPDX-License-Identifier: Apache-2.0
#include "kit/shed/capacity.h"

#include <gtest/gtest.h>

namespace vedette {
namespace {

using namespace std::chrono_literals;

class ServedWindowTest : public testing::Test {
 protected:
  void Pass(int calls, std::chrono::nanoseconds took) {
    for (int i = 0; i < calls; ++i) window_.AddPass(now_, took);
  }

  SteadyTime now_{1h};
  ServedWindow window_{10, 100ms, now_};
};

TEST_F(ServedWindowTest, KnowsNothingAtFirst) {  // S1, S2
  EXPECT_EQ(window_.ServedBy(now_), (Served{1, 1000}));
}

TEST_F(ServedWindowTest, TakesTheMostCallsThatPassedInABucket) {  // S1
  for (int bucket = 1; bucket <= 10; ++bucket) {
    if (bucket > 1) now_ += 100ms;
    Pass(100 * bucket, 1ms);
  }
  EXPECT_EQ(window_.ServedBy(now_).most_passed, 900) << "the last bucket is not complete";
  now_ += 100ms;
  EXPECT_EQ(window_.ServedBy(now_).most_passed, 1000);
  now_ += 1s;
  EXPECT_EQ(window_.ServedBy(now_), (Served{1, 1000}));
}

TEST_F(ServedWindowTest, TakesTheLeastOfTheMeanTimes) {  // S2, S3
  // Means of 5.5, 15.5, ... 95.5 ms; counts of 100, 200, ... 1000.
  for (int bucket = 0; bucket < 10; ++bucket) {
    if (bucket > 0) now_ += 100ms;
    for (int time = 10 * bucket + 1; time <= 10 * bucket + 10; ++time) {
      Pass(10 * (bucket + 1), std::chrono::milliseconds(time));
    }
  }
  EXPECT_EQ(window_.ServedBy(now_), (Served{900, 6}));
  // 900 calls in 0.1 s, 6 ms each.
  EXPECT_DOUBLE_EQ(FlightLimit(window_.ServedBy(now_), 10, 1), 54);
  EXPECT_DOUBLE_EQ(FlightLimit(window_.ServedBy(now_), 10, 0.5), 27);
}

TEST_F(ServedWindowTest, TimesAreRoundedUp) {
  Pass(1, 1us);
  Pass(1, 2ms);
  Pass(2, 2ms + 1ns);
  now_ += 100ms;
  EXPECT_EQ(window_.ServedBy(now_).least_time_ms, 2);  // (1 + 2 + 3 + 3) / 4 = 2.25
}

TEST_F(ServedWindowTest, TimesOfOverASecondCountAsASecond) {
  Pass(5, 3s);
  now_ += 100ms;
  EXPECT_EQ(window_.ServedBy(now_), (Served{5, 1000}));
}

TEST(OverloadFactor, FallsFromTheThresholdOn) {  // S10
  EXPECT_DOUBLE_EQ(OverloadFactor(0, 900, 0.1), 1);
  EXPECT_DOUBLE_EQ(OverloadFactor(900, 900, 0.1), 1);
  EXPECT_DOUBLE_EQ(OverloadFactor(950, 900, 0.1), 0.5);
  EXPECT_DOUBLE_EQ(OverloadFactor(990, 900, 0.1), 0.1);
  EXPECT_DOUBLE_EQ(OverloadFactor(1000, 900, 0.1), 0.1);
  EXPECT_DOUBLE_EQ(OverloadFactor(975, 950, 0.1), 0.5);
}

TEST(FlightLimit, LetsOneCallFlyAtLeast) {
  EXPECT_DOUBLE_EQ(FlightLimit({1, 1}, 10, 1), 1);
  EXPECT_DOUBLE_EQ(FlightLimit({1, 1}, 10, 0.1), 0.1);
  EXPECT_DOUBLE_EQ(FlightLimit({1, 1000}, 10, 1), 10);
}

}  // namespace
}  // namespace vedette
