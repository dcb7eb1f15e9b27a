// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/otlp/sampling.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace vedette {
namespace {

TraceContext WithLastBytes(std::uint64_t number) {
  TraceContext context;
  context.trace_id[0] = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    context.trace_id[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return context;
}

TEST(SamplingTest, TheLastEightBytesDecide) {
  EXPECT_TRUE(IsSampledByRatio(WithLastBytes(0), 0.5));
  EXPECT_TRUE(IsSampledByRatio(WithLastBytes(0x7fff'ffff'ffff'ffff), 0.5));
  EXPECT_FALSE(IsSampledByRatio(WithLastBytes(0x8000'0000'0000'0000), 0.5));
  EXPECT_FALSE(IsSampledByRatio(WithLastBytes(0xffff'ffff'ffff'ffff), 0.5));
  EXPECT_TRUE(IsSampledByRatio(WithLastBytes(0x3fff'ffff'ffff'ffff), 0.25));
  EXPECT_FALSE(IsSampledByRatio(WithLastBytes(0x4000'0000'0000'0000), 0.25));
}

TEST(SamplingTest, NoneAndAll) {
  EXPECT_FALSE(IsSampledByRatio(WithLastBytes(0), 0));
  EXPECT_FALSE(IsSampledByRatio(WithLastBytes(0), -1));
  EXPECT_TRUE(IsSampledByRatio(WithLastBytes(~0ULL), 1));
}

TEST(SamplingTest, TakesItsShareAndALargerRatioTakesTheSameAndMore) {
  SeededRandom random(7);
  int tenth = 0;
  for (int i = 0; i < 10'000; ++i) {
    const TraceContext context = WithLastBytes(random.Next());
    const bool small = IsSampledByRatio(context, 0.1);
    tenth += small ? 1 : 0;
    if (small) {
      ASSERT_TRUE(IsSampledByRatio(context, 0.3));
    }
  }
  EXPECT_GT(tenth, 900);
  EXPECT_LT(tenth, 1100);
}

TEST(SamplingTest, OnlyFaultsOfOursCount) {
  EXPECT_TRUE(IsFault(Code::kInternal));
  EXPECT_TRUE(IsFault(Code::kUnavailable));
  EXPECT_TRUE(IsFault(Code::kDeadlineExceeded));
  EXPECT_FALSE(IsFault(Code::kInvalidArgument));
  EXPECT_FALSE(IsFault(Code::kNotFound));
  EXPECT_FALSE(IsFault(Code::kCancelled));
  EXPECT_FALSE(IsFault(Code::kResourceExhausted));
}

}  // namespace
}  // namespace vedette
