// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/test_time.h"

#include <gtest/gtest.h>

namespace vedette::rules {
namespace {

TEST(TestTimeTest, DaysCountFromOneAndThereIsNoDayZero) {
  EXPECT_EQ(ParseTestTime("D1")->begin, kTestReference);
  EXPECT_EQ(ParseTestTime("D9")->begin, kTestReference + 8 * kDay);
  EXPECT_EQ(ParseTestTime("D-1")->begin, kTestReference - kDay);
  EXPECT_EQ(ParseTestTime("D0"), std::nullopt);
}

TEST(TestTimeTest, ADayLastsToItsLastSecond) {
  EXPECT_EQ(ParseTestTime("D1")->End(), kTestReference + kDay - 1);
  EXPECT_EQ(ParseTestTime("D1 08:00")->End(), kTestReference + 8 * 3600);
  EXPECT_EQ(ParseTestTime("D1 23:59:59")->begin, kTestReference + kDay - 1);
}

TEST(TestTimeTest, TakesClinicalTimes) {
  EXPECT_EQ(ParseTestTime("2024-01-02")->begin, kTestReference + kDay);
  EXPECT_EQ(ParseTestTime("2024-01-02T08:00")->begin, kTestReference + kDay + 8 * 3600);
}

TEST(TestTimeTest, RefusesAnythingElse) {
  for (const std::string_view text :
       {"", "D", "d1", "1", "D1x", "D1 8:00", "D1 24:00", "D1 08:60", "D1 08:00:61",
        "D1 08:00:", "D36501", "D99999999999", "D1  08:00", "yesterday", "2024-13-01"}) {
    EXPECT_EQ(ParseTestTime(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace vedette::rules
