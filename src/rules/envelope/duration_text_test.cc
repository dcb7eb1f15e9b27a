// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/duration_text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace vedette::rules {
namespace {

TEST(DurationTextTest, ReadsEveryUnit) {
  const std::pair<std::string_view, Seconds> cases[] = {{"0d", 0},
                                                        {"14d", 14 * kDay},
                                                        {"2h", 7200},
                                                        {"30m", 1800},
                                                        {"45s", 45},
                                                        {"1w", 7 * kDay},
                                                        {"1d12h", 129'600},
                                                        {"1d 12h 5m", 129'900},
                                                        {"36525d", 36'525 * kDay}};
  for (const auto& [text, seconds] : cases) EXPECT_EQ(ParseDuration(text), seconds) << text;
}

TEST(DurationTextTest, RefusesAnythingElse) {
  for (const std::string_view text :
       {"", "d", "14", "14 d", "-1d", "1.5d", "2h1d", "1d1d", "1d ", " 1d", "1y", "14days",
        "36526d", "99999999999999999999d", "9223372036854775807w", "1d\n", "+1d"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(DurationTextTest, WritesWhatReadsBack) {
  EXPECT_EQ(DurationText(0), "0d");
  EXPECT_EQ(DurationText(7 * kDay), "7d");
  EXPECT_EQ(DurationText(129'600), "1d12h");
  for (Seconds seconds = 1; seconds < 400 * kDay; seconds = seconds * 3 + 1) {
    EXPECT_EQ(ParseDuration(DurationText(seconds)), seconds);
  }
}

}  // namespace
}  // namespace vedette::rules
