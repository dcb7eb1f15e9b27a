// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/password.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace vedette {
namespace {

using Password = Sensitive<std::string>;

// Cheap, so that the tests are quick.
constexpr PasswordCost kCheap{64, 1, 1};

TEST(PasswordTest, TheRightPasswordVerifies) {
  const PasswordHasher hasher(kCheap);
  const std::string encoded = hasher.Encode(Password("correct horse 马"));
  EXPECT_TRUE(hasher.Verify(Password("correct horse 马"), encoded));
  EXPECT_FALSE(hasher.Verify(Password("correct horse"), encoded));
  EXPECT_FALSE(hasher.Verify(Password(""), encoded));
  EXPECT_FALSE(hasher.Verify(Password(std::string("correct horse 马\0", 18)), encoded));
}

TEST(PasswordTest, TheEncodingIsPhcWithASaltOfItsOwn) {
  const PasswordHasher hasher(kCheap);
  const std::string first = hasher.Encode(Password("x"));
  EXPECT_TRUE(first.starts_with("$argon2id$v=19$m=64,t=1,p=1$")) << first;
  EXPECT_EQ(first.find('\0'), std::string::npos);
  EXPECT_NE(first, hasher.Encode(Password("x")));
}

TEST(PasswordTest, TheDefaultCostIsThatOfOwasp) {
  const PasswordHasher hasher;
  EXPECT_TRUE(hasher.Encode(Password("x")).starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

TEST(PasswordTest, AnotherCostStillVerifiesAndAsksForARehash) {
  const PasswordHasher old(kCheap);
  const PasswordHasher current(PasswordCost{128, 1, 1});
  const std::string encoded = old.Encode(Password("x"));
  EXPECT_TRUE(current.Verify(Password("x"), encoded));
  EXPECT_TRUE(current.NeedsRehash(encoded));
  EXPECT_FALSE(old.NeedsRehash(encoded));
}

TEST(PasswordTest, BrokenEncodingsNeverVerify) {
  const PasswordHasher hasher(kCheap);
  const std::string encoded = hasher.Encode(Password("x"));
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    EXPECT_FALSE(hasher.Verify(Password("x"), encoded.substr(0, i))) << i;
  }
  for (const char* text : {"", "x", "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
                           "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
                           "$argon2id$v=19$m=64,t=4294967295,p=1$c2FsdHNhbHQ$aGFzaA"}) {
    EXPECT_FALSE(hasher.Verify(Password("x"), text)) << text;
    EXPECT_TRUE(hasher.NeedsRehash(text)) << text;
  }
}

TEST(PasswordTest, TooLongIsRefusedBeforeItCosts) {
  const PasswordHasher hasher(kCheap);
  const std::string longest(kPasswordLimit, 'x');
  EXPECT_TRUE(hasher.Verify(Password(longest), hasher.Encode(Password(longest))));
  // Encoding it would lock its owner out.
  EXPECT_THROW(hasher.Encode(Password(longest + "x")), std::invalid_argument);
  EXPECT_FALSE(hasher.Verify(Password(longest + "x"), hasher.Encode(Password(longest))));
}

}  // namespace
}  // namespace vedette
