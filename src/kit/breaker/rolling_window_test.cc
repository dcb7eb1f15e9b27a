// SPDX-License-Identifier: Apache-2.0
#include "kit/breaker/rolling_window.h"

#include <gtest/gtest.h>

#include <vector>

namespace vedette {
namespace {

using namespace std::chrono_literals;

struct Sum {
  int value = 0;
};

class RollingWindowTest : public testing::Test {
 protected:
  void Add(int value) {
    window_.Advance(now_);
    window_.current().value += value;
  }
  std::vector<int> All() const {
    std::vector<int> values;
    window_.ForEach(now_, [&](const Sum& sum) { values.push_back(sum.value); });
    return values;
  }
  std::vector<int> Complete() const {
    std::vector<int> values;
    window_.ForEachComplete(now_, [&](const Sum& sum) { values.push_back(sum.value); });
    return values;
  }

  SteadyTime now_{1h};
  RollingWindow<Sum> window_{3, 30ms, now_};
};

using Values = std::vector<int>;

TEST(RollingWindow, NeedsBucketsAndADuration) {  // B1
  EXPECT_THROW(RollingWindow<Sum>(0, 1ms, SteadyTime()), std::logic_error);
  EXPECT_THROW(RollingWindow<Sum>(3, 0ms, SteadyTime()), std::logic_error);
}

TEST_F(RollingWindowTest, MovesByOneBucketPerInterval) {  // B2
  Add(1);
  EXPECT_EQ(All(), (Values{0, 0, 1}));
  now_ += 30ms;
  Add(2);
  Add(3);
  EXPECT_EQ(All(), (Values{0, 1, 5}));
  now_ += 30ms;
  Add(4);
  Add(5);
  Add(6);
  EXPECT_EQ(All(), (Values{1, 5, 15}));
  now_ += 30ms;
  Add(7);
  EXPECT_EQ(All(), (Values{5, 15, 7}));
}

TEST_F(RollingWindowTest, TheCompletePartLeavesTheCurrentBucketOut) {  // B3
  Add(1);
  EXPECT_EQ(Complete(), (Values{0, 0}));
  now_ += 30ms;
  EXPECT_EQ(Complete(), (Values{0, 1}));
  now_ += 30ms;
  EXPECT_EQ(Complete(), (Values{1}));
  now_ += 30ms;
  EXPECT_EQ(Complete(), Values{});
  Add(1);
  now_ += 300ms;
  EXPECT_EQ(Complete(), Values{});
}

TEST(RollingWindow, SumsWithAndWithoutTheCurrentBucket) {  // B4
  SteadyTime now{1h};
  RollingWindow<Sum> window(4, 50ms, now);
  for (int bucket = 0; bucket < 4; ++bucket) {
    if (bucket > 0) now += 50ms;
    window.Advance(now);
    for (int value = 0; value <= bucket; ++value) window.current().value += value;
  }
  int all = 0;
  int complete = 0;
  window.ForEach(now, [&](const Sum& sum) { all += sum.value; });
  window.ForEachComplete(now, [&](const Sum& sum) { complete += sum.value; });
  EXPECT_EQ(all, 10);
  EXPECT_EQ(complete, 4);
}

TEST_F(RollingWindowTest, BucketsStayAtWholeIntervals) {  // B5
  Add(1);
  EXPECT_EQ(All(), (Values{0, 0, 1}));
  now_ += 45ms;
  Add(5);
  EXPECT_EQ(All(), (Values{0, 1, 5}));
  now_ += 20ms;  // 65 ms: the third bucket began at 60, not at 75
  Add(15);
  EXPECT_EQ(All(), (Values{1, 5, 15}));
  now_ += 100ms;
  Add(24);
  EXPECT_EQ(All(), (Values{0, 0, 24}));
  now_ += 14ms;  // 179 ms: still the bucket that began at 150
  EXPECT_FALSE(window_.Advance(now_));
  now_ += 1ms;
  EXPECT_TRUE(window_.Advance(now_));
}

TEST_F(RollingWindowTest, AGapAsLongAsTheWindowClearsIt) {
  Add(1);
  now_ += 90ms;
  EXPECT_EQ(All(), Values{});
  Add(2);
  EXPECT_EQ(All(), (Values{0, 0, 2}));
}

TEST_F(RollingWindowTest, TimeThatGoesBackChangesNothing) {
  now_ += 60ms;
  Add(1);
  now_ -= 50ms;
  Add(2);
  EXPECT_EQ(All(), (Values{0, 0, 3}));
}

}  // namespace
}  // namespace vedette
