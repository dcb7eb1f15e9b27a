// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace vedette {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return FailField("value", "must be even");
  return value / 2;
}

Result<int> Quarter(int value) {
  VEDETTE_TRY(const int half, Half(value));
  VEDETTE_TRY(const int quarter, Half(half));
  return quarter;
}

Status Check(int value) {
  VEDETTE_CHECK_OK(Half(value));
  return {};
}

Result<std::unique_ptr<int>> Box(int value) { return std::make_unique<int>(value); }

Result<int> Unbox() {
  VEDETTE_TRY(std::unique_ptr<int> box, Box(5));
  return *box;
}

TEST(ResultTest, TryPassesValuesAndReturnsErrors) {
  EXPECT_EQ(*Quarter(8), 2);
  ASSERT_FALSE(Quarter(6));
  EXPECT_EQ(Quarter(6).error().code, Code::kInvalidArgument);
  EXPECT_EQ(Quarter(6).error().violations,
            (std::vector<FieldViolation>{{"value", "must be even"}}));
}

TEST(ResultTest, CheckOkDropsTheValue) {
  EXPECT_TRUE(Check(2));
  EXPECT_FALSE(Check(3));
}

TEST(ResultTest, TryMovesMoveOnlyValues) { EXPECT_EQ(*Unbox(), 5); }

}  // namespace
}  // namespace vedette
