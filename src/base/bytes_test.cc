// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <gtest/gtest.h>

namespace vedette {
namespace {

TEST(Base64Test, MatchesRfc4648Vectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(Base64Encode(plain), encoded);
    EXPECT_EQ(*Base64Decode(encoded), plain);
  }
}

TEST(Base64Test, UrlAlphabetHasNoPadding) {
  EXPECT_EQ(Base64UrlEncode("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(Base64UrlEncode("f"), "Zg");
  EXPECT_EQ(*Base64UrlDecode("-__-"), "\xfb\xff\xfe");
}

TEST(Base64Test, RefusesWhatIsNotCanonical) {
  for (const char* text : {"Zg", "Zg=", "Zh==", "Z===", "Zm9v!", "Zm 9v", "Zg==Zg=="}) {
    EXPECT_FALSE(Base64Decode(text)) << text;
  }
  for (const char* text : {"Zg==", "A", "Zh", "+/"}) {
    EXPECT_FALSE(Base64UrlDecode(text)) << text;
  }
}

TEST(HexTest, RoundTripsEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(*HexDecode(HexEncode(all)), all);
  EXPECT_FALSE(HexDecode("0"));
  EXPECT_FALSE(HexDecode("0g"));
}

}  // namespace
}  // namespace vedette
