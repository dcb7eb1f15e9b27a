// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace vedette::queue {
namespace {

using namespace std::chrono_literals;

constexpr BackoffOptions kOptions{.first = 100ms, .longest = 1000ms};

TEST(BackoffTest, DoublesUpToTheLongest) {
  EXPECT_EQ(LongestWait(kOptions, 1), 100ms);
  EXPECT_EQ(LongestWait(kOptions, 2), 200ms);
  EXPECT_EQ(LongestWait(kOptions, 4), 800ms);
  EXPECT_EQ(LongestWait(kOptions, 5), 1000ms);
  EXPECT_EQ(LongestWait(kOptions, std::numeric_limits<std::int64_t>::max()), 1000ms);
  EXPECT_EQ(LongestWait({.first = 5s, .longest = 1s}, 1), 1s);
}

TEST(BackoffTest, FullJitterFillsTheWholeRange) {
  SeededRandom random(7);
  auto least = 800ms;
  auto most = 0ms;
  for (int i = 0; i < 1000; ++i) {
    const auto wait = FullJitter(kOptions, 4, random);
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_GE(least, 0ms);
  EXPECT_LT(least, 20ms);
  EXPECT_GT(most, 780ms);
  EXPECT_LE(most, 800ms);
}

}  // namespace
}  // namespace vedette::queue
