// SPDX-License-Identifier: Apache-2.0
#include "rules/rule_set.h"

#include <gtest/gtest.h>

namespace vedette::rules {
namespace {

ActiveRule Rule(std::string study, std::string item, std::int64_t from, std::int64_t until) {
  return {CompileCanonical({.study_id = std::move(study), .item = std::move(item)}),
          {FromUnixMicros(from), FromUnixMicros(until)}};
}

TEST(RuleSet, FindsRulesByStudyAndItem) {
  const RuleSet set({Rule("S1", "SYSBP", 0, 10), Rule("S1", "SYSBP", 10, 20),
                     Rule("S1", "PULSE", 0, 10), Rule("S2", "SYSBP", 0, 10)});
  EXPECT_EQ(set.size(), 4u);
  EXPECT_EQ(set.For("S1", "SYSBP").size(), 2u);
  EXPECT_EQ(set.For("S2", "SYSBP").size(), 1u);
  EXPECT_TRUE(set.For("S2", "PULSE").empty());
  EXPECT_TRUE(set.For("S3", "SYSBP").empty());
}

TEST(ActivePeriod, IsHalfOpen) {
  const ActivePeriod period{FromUnixMicros(10), FromUnixMicros(20)};
  EXPECT_FALSE(period.Contains(FromUnixMicros(9)));
  EXPECT_TRUE(period.Contains(FromUnixMicros(10)));
  EXPECT_TRUE(period.Contains(FromUnixMicros(19)));
  EXPECT_FALSE(period.Contains(FromUnixMicros(20)));
}

}  // namespace
}  // namespace vedette::rules
