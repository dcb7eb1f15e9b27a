// SPDX-License-Identifier: Apache-2.0
#include "kit/breaker/refusal.h"

#include <gtest/gtest.h>

namespace vedette {
namespace {

double Probability(std::int64_t total,
                   std::int64_t accepted,
                   std::int64_t failing,
                   std::int64_t working) {
  return RefusalProbability(BreakerOptions(), {total, accepted, failing, working});
}

// K17, with the default constants: w = max(1.5 − 0.4 · failing / 40, 1.1), then
// (total − 5 − w · accepted) / (total + 1) · (40 − working) / 40.
TEST(Refusal, GoldenVectors) {
  EXPECT_DOUBLE_EQ(Probability(5, 0, 1, 0), 0);                       // 0 / 6
  EXPECT_DOUBLE_EQ(Probability(6, 0, 1, 0), 1.0 / 7);                 // 0.142857
  EXPECT_DOUBLE_EQ(Probability(10, 0, 1, 0), 5.0 / 11);               // 0.454545
  EXPECT_DOUBLE_EQ(Probability(100, 60, 0, 0), 5.0 / 101);            // 95 − 1.5 · 60
  EXPECT_DOUBLE_EQ(Probability(100, 60, 20, 0), 17.0 / 101);          // 95 − 1.3 · 60
  EXPECT_DOUBLE_EQ(Probability(100, 50, 0, 0), 20.0 / 101);           // 95 − 1.5 · 50
  EXPECT_DOUBLE_EQ(Probability(100, 50, 0, 10), 20.0 / 101 * 0.75);   // a quarter works
  EXPECT_DOUBLE_EQ(Probability(100, 0, 40, 0), 95.0 / 101);           // 0.940594
  EXPECT_DOUBLE_EQ(Probability(1000, 100, 20, 0), 865.0 / 1001);      // 995 − 1.3 · 100
  EXPECT_DOUBLE_EQ(Probability(1000, 500, 0, 20), 245.0 / 1001 / 2);  // 995 − 1.5 · 500, half works
  EXPECT_DOUBLE_EQ(Probability(200, 100, 0, 40), 0);                  // 45 / 201, all works
}

TEST(Refusal, TheWeightStopsAtItsMinimum) {
  EXPECT_DOUBLE_EQ(Probability(1000, 100, 40, 0), 885.0 / 1001);  // 995 − 1.1 · 100
  BreakerOptions options;
  options.k_minimum = 2;  // above k
  EXPECT_DOUBLE_EQ(RefusalRatio(options, {1000, 100, 0, 0}), 795.0 / 1001);
}

TEST(Refusal, TheRatioIsNegativeWhileAllIsWell) {
  EXPECT_DOUBLE_EQ(RefusalRatio(BreakerOptions(), {100, 100, 0, 40}), -55.0 / 101);
  EXPECT_DOUBLE_EQ(Probability(100, 100, 0, 0), 0);
  EXPECT_DOUBLE_EQ(Probability(0, 0, 0, 0), 0);
}

TEST(Refusal, RowsAreCountedFromTheNewestEnd) {
  BreakerHistory history;
  history.Append({.failed = 2});
  history.Append({.failed = 1});
  EXPECT_EQ(history.failing_buckets, 2);
  EXPECT_EQ(history.working_buckets, 0);
  history.Append({});              // empty
  history.Append({.refused = 7});  // refusals alone: neither interrupts
  history.Append({.failed = 1});
  EXPECT_EQ(history.failing_buckets, 3);
  history.Append({.accepted = 1, .failed = 1});
  EXPECT_EQ(history.failing_buckets, 0);
  EXPECT_EQ(history.working_buckets, 0);
  history.Append({.accepted = 4});
  history.Append({.refused = 1});
  history.Append({.accepted = 1});
  EXPECT_EQ(history.failing_buckets, 0);
  EXPECT_EQ(history.working_buckets, 2);
  EXPECT_EQ(history.accepted, 6);
  EXPECT_EQ(history.total, 2 + 1 + 7 + 1 + 2 + 4 + 1 + 1);
}

}  // namespace
}  // namespace vedette
