// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/number.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace vedette::formats::csv {
namespace {

TEST(NumberTest, ReadsDecimals) {
  const auto read = [](std::string_view text) {
    double number = 0;
    EXPECT_TRUE(ReadNumber(text, number)) << text;
    return number;
  };
  EXPECT_EQ(read("0"), 0);
  EXPECT_EQ(read("152"), 152);
  EXPECT_EQ(read("-3.42"), -3.42);
  EXPECT_EQ(read(".5"), 0.5);
  EXPECT_EQ(read("36.6666666666666666667"), 36.6666666666666666667);
  EXPECT_EQ(read("1e-3"), 1e-3);
  EXPECT_EQ(read("0.000000000000001"), 1e-15);
  EXPECT_EQ(read("99999999999999999999999999999999"), 1e32);
  EXPECT_EQ(read("18446744073709551617"), 18446744073709551616.0);
}

TEST(NumberTest, RefusesEverythingElse) {
  for (const std::string_view text :
       {"",    "-",    ".",  "5.",    "+5",  " 5", "5 ", "5,1",   "0x10", "inf",
        "nan", "-inf", "1e", "1e999", "--1", "1-", "<5", "1.2.3", "1.e5", "１"}) {
    double number = 0;
    EXPECT_FALSE(ReadNumber(text, number)) << text;
  }
  double number = 0;
  EXPECT_FALSE(ReadNumber(std::string_view("1\0", 2), number));
}

TEST(NumberTest, RoundsAsTheLibraryDoes) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200000; ++i) {
    char text[64];
    const int decimals = static_cast<int>(random() % 12);
    const double scale = static_cast<double>(random() % 1000000000) / 1e4;
    std::snprintf(text, sizeof text, "%.*f", decimals, scale);
    double number = 0;
    ASSERT_TRUE(ReadNumber(text, number)) << text;
    ASSERT_EQ(number, std::strtod(text, nullptr)) << text;
  }
}

TEST(NumberTest, SmallNumbersAreOneToThreeDigits) {
  const auto read = [](std::string text, std::size_t size) {
    text.resize(8, '7');  // what stands behind does not matter
    std::int16_t number = -1;
    return ReadSmallNumber(LoadCharacters(text.data()), size, number) ? number : -1;
  };
  for (int i = 0; i < 1000; ++i) {
    const std::string text = std::to_string(i);
    EXPECT_EQ(read(text, text.size()), i);
  }
  EXPECT_EQ(read("007", 3), 7);
  for (const std::size_t size : {std::size_t{0}, std::size_t{4}, std::size_t{5}, ~std::size_t{0}}) {
    EXPECT_EQ(read("1234", size), -1);
  }
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool digit = c >= '0' && c <= '9';
    for (std::size_t size = 1; size <= 3; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, '5');
        text[at] = c;
        EXPECT_EQ(read(text, size) >= 0, digit) << text;
      }
    }
  }
}

}  // namespace
}  // namespace vedette::formats::csv
