// SPDX-License-Identifier: Apache-2.0
#include "base/suggest.h"

#include <gtest/gtest.h>

#include <array>

namespace vedette {
namespace {

TEST(EditDistance, CountsSingleEdits) {
  EXPECT_EQ(EditDistance("SYSBP", "SYSBP", 3), 0u);
  EXPECT_EQ(EditDistance("SYSPB", "SYSBP", 3), 1u);  // neighbours swapped
  EXPECT_EQ(EditDistance("SYSB", "SYSBP", 3), 1u);
  EXPECT_EQ(EditDistance("kitten", "sitting", 5), 3u);
  EXPECT_EQ(EditDistance("", "abc", 5), 3u);
}

TEST(EditDistance, StopsAboveTheLimit) {
  EXPECT_EQ(EditDistance("kitten", "sitting", 2), 3u);
  EXPECT_EQ(EditDistance("a", "abcdefgh", 2), 3u);
}

TEST(Suggest, FindsTheNearestWhateverTheCase) {
  constexpr std::array<std::string_view, 3> kCodes{"DIABP", "SYSBP", "PULSE"};
  EXPECT_EQ(Suggest("SYSPB", kCodes), "SYSBP");
  EXPECT_EQ(Suggest("pulse", kCodes), "PULSE");
  EXPECT_EQ(Suggest("HEIGHT", kCodes), "");
  EXPECT_EQ(Suggest("", kCodes), "");
}

}  // namespace
}  // namespace vedette
