// SPDX-License-Identifier: Apache-2.0
#include "base/uuid.h"

#include <gtest/gtest.h>

#include <set>

#include "base/bytes.h"
#include "base/sha256.h"

namespace vedette {
namespace {

constexpr std::int64_t kTime = 1'645'557'742'000'000;  // RFC 9562 appendix A.6, in microseconds

TEST(UuidTest, Version7LeadsWithTheTimeOfRfc9562) {
  const std::string text = NewUuid(FromUnixMicros(kTime)).ToString();
  EXPECT_EQ(text.substr(0, 13), "017f22e2-79b0");
  EXPECT_EQ(text[14], '7');
  EXPECT_NE(std::string_view("89ab").find(text[19]), std::string_view::npos);
}

TEST(UuidTest, NewOnesDiffer) {
  std::set<Uuid> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(NewUuid(FromUnixMicros(kTime)));
  EXPECT_EQ(seen.size(), 10'000U);
}

TEST(UuidTest, DerivedOnesRepeat) {
  const Timestamp time = FromUnixMicros(kTime);
  EXPECT_EQ(DeriveUuid(time, "a"), DeriveUuid(time, "a"));
  EXPECT_NE(DeriveUuid(time, "a"), DeriveUuid(time, "b"));
  EXPECT_NE(DeriveUuid(time, "a"), DeriveUuid(time + std::chrono::milliseconds(1), "a"));
  EXPECT_EQ(DeriveUuid(time, "a").ToString()[14], '8');
}

TEST(UuidTest, TextRoundTrips) {
  const Uuid uuid = NewUuid(FromUnixMicros(kTime));
  EXPECT_EQ(*Uuid::Parse(uuid.ToString()), uuid);
  EXPECT_EQ(*Uuid::FromBytes(uuid.AsBytes()), uuid);
  for (const char* text :
       {"", "017f22e2", "017f22e2x79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "-17f22e2-79b0-7cc3-98c4-dc0c0c07398f"}) {
    EXPECT_FALSE(Uuid::Parse(text)) << text;
  }
}

TEST(Sha256Test, MatchesFips180AndRfc4231) {
  EXPECT_EQ(HexEncode(AsBytes(Sha256("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexEncode(AsBytes(HmacSha256("Jefe", "what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace vedette
