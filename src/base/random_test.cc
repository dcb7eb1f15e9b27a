// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace vedette {
namespace {

// The published first outputs of SplitMix64 for the seed 1234567.
TEST(SeededRandomTest, GivesThePublishedSequence) {
  SeededRandom random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317u);
  EXPECT_EQ(random.Next(), 3203168211198807973u);
  EXPECT_EQ(random.Next(), 9817491932198370423u);
}

TEST(SeededRandomTest, StaysWithinItsBounds) {
  SeededRandom random(7);
  std::array<int, 3> counts{};
  for (int i = 0; i < 30'000; ++i) {
    const double uniform = random.Uniform();
    ASSERT_GE(uniform, 0.0);
    ASSERT_LT(uniform, 1.0);
    ++counts[random.Below(3)];
  }
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
  EXPECT_EQ(random.Below(0), 0u);
}

TEST(SystemRandomTest, DoesNotRepeatItself) {
  SystemRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.Next());
  EXPECT_EQ(seen.size(), 1000u);
}

}  // namespace
}  // namespace vedette
