// SPDX-License-Identifier: Apache-2.0
#include "services/subject/masking.h"

#include <gtest/gtest.h>

namespace vedette::subject {
namespace {

TEST(MaskName, KeepsTheFirstCharacter) {
  EXPECT_EQ(MaskName("张三"), "张*");
  EXPECT_EQ(MaskName("欧阳娜"), "欧**");
  EXPECT_EQ(MaskName("Ana"), "A**");
  EXPECT_EQ(MaskName("Élodie Durand"), "É***");
}

TEST(MaskName, HidesASingleCharacter) {
  EXPECT_EQ(MaskName("李"), "*");
  EXPECT_EQ(MaskName("X"), "*");
}

TEST(MaskName, NothingStaysNothing) { EXPECT_EQ(MaskName(""), ""); }

TEST(MaskMobile, ShowsTheEndsOfANumber) {
  EXPECT_EQ(MaskMobile("13812341234"), "138****1234");
  EXPECT_EQ(MaskMobile("+8613812341234"), "+86****1234");
}

TEST(MaskMobile, HidesAtLeastFourCharactersOfAShortNumber) {
  EXPECT_EQ(MaskMobile("1234567890"), "****90");
  EXPECT_EQ(MaskMobile("123456"), "****56");
  EXPECT_EQ(MaskMobile("12345"), "****");
}

TEST(MaskMobile, NothingStaysNothing) { EXPECT_EQ(MaskMobile(""), ""); }

}  // namespace
}  // namespace vedette::subject
