// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/sealed_box.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace vedette {
namespace {

using testing::HasSubstr;
using testing::Not;
using Secret = Sensitive<std::string>;

const std::string kHexKey(64, 'a');
const std::string kOtherHexKey(64, 'b');

KeyRing Ring(const std::string& text) { return *KeyRing::Parse(Secret(text)); }

std::string Opened(const SealedBox& box,
                   const Bytes& sealed,
                   std::initializer_list<std::string_view> context) {
  const auto value = box.Open(sealed, context);
  return value ? value->Reveal() : "refused";
}

TEST(SealedBoxTest, WhatIsSealedOpens) {
  const SealedBox box(KeyRing::Generate());
  for (const std::string& value : {std::string(), std::string("张三"), std::string(10'000, 'x')}) {
    const Bytes sealed = box.Seal(Secret(value), {"name", "S-1"});
    EXPECT_EQ(sealed.data.size(), value.size() + 33);
    EXPECT_EQ(Opened(box, sealed, {"name", "S-1"}), value);
  }
}

TEST(SealedBoxTest, EqualValuesSealDifferently) {
  const SealedBox box(KeyRing::Generate());
  EXPECT_NE(box.Seal(Secret("x"), {"name"}), box.Seal(Secret("x"), {"name"}));
}

TEST(SealedBoxTest, AnotherContextDoesNotOpen) {
  const SealedBox box(KeyRing::Generate());
  const Bytes sealed = box.Seal(Secret("x"), {"name", "S-1"});
  EXPECT_EQ(Opened(box, sealed, {"name", "S-2"}), "refused");
  EXPECT_EQ(Opened(box, sealed, {"mobile", "S-1"}), "refused");
  EXPECT_EQ(Opened(box, sealed, {"nameS-1"}), "refused");
  EXPECT_EQ(Opened(box, sealed, {"nam", "eS-1"}), "refused");
  EXPECT_EQ(Opened(box, sealed, {}), "refused");
}

TEST(SealedBoxTest, EveryChangedBitAndEveryTruncationIsNoticed) {
  const SealedBox box(KeyRing::Generate());
  const Bytes sealed = box.Seal(Secret("13812341234"), {"mobile"});
  for (std::size_t i = 0; i < sealed.data.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes changed = sealed;
      changed.data[i] = static_cast<char>(changed.data[i] ^ (1 << bit));
      EXPECT_EQ(Opened(box, changed, {"mobile"}), "refused") << i;
    }
    EXPECT_EQ(Opened(box, {sealed.data.substr(0, i)}, {"mobile"}), "refused") << i;
  }
  EXPECT_EQ(Opened(box, {sealed.data + "x"}, {"mobile"}), "refused");
}

TEST(SealedBoxTest, ANewKeySealsAndTheOldOneStillOpens) {
  const SealedBox before(Ring("1 " + kHexKey));
  const SealedBox after(Ring("1 " + kHexKey + "\n2 " + kOtherHexKey));
  const SealedBox only_new(Ring("2 " + kOtherHexKey));
  const Bytes old_value = before.Seal(Secret("x"), {"name"});
  const Bytes new_value = after.Seal(Secret("x"), {"name"});
  EXPECT_EQ(Opened(after, old_value, {"name"}), "x");
  EXPECT_EQ(Opened(only_new, new_value, {"name"}), "x");
  EXPECT_EQ(Opened(only_new, old_value, {"name"}), "refused");
  EXPECT_EQ(Opened(before, new_value, {"name"}), "refused");
}

TEST(SealedBoxTest, LookupHashesAreEqualForEqualValuesOfOneFieldAndKey) {
  const SealedBox box(Ring("1 " + kHexKey));
  const Bytes hash = box.LookupHash(Secret("13812341234"), "mobile");
  EXPECT_EQ(hash.data.size(), 32U);
  EXPECT_EQ(hash, box.LookupHash(Secret("13812341234"), "mobile"));
  EXPECT_NE(hash, box.LookupHash(Secret("13812341235"), "mobile"));
  EXPECT_NE(hash, box.LookupHash(Secret("13812341234"), "name"));
  const SealedBox other(Ring("1 " + kOtherHexKey));
  EXPECT_NE(hash, other.LookupHash(Secret("13812341234"), "mobile"));
  const SealedBox rotated(Ring("1 " + kHexKey + "\n2 " + kOtherHexKey));
  EXPECT_EQ(hash, rotated.LookupHash(Secret("13812341234"), "mobile"));
}

TEST(KeyRingTest, ReadsHexBase64CommentsAndItsOwnText) {
  const SealedBox hex(Ring(kHexKey + "\n"));
  const SealedBox base64(Ring("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo="));
  const SealedBox lines(Ring("# keys\n\n  1\t" + kHexKey + "  # first\r\n"));
  const Bytes sealed = hex.Seal(Secret("x"), {"a"});
  EXPECT_EQ(Opened(base64, sealed, {"a"}), "x");
  EXPECT_EQ(Opened(lines, sealed, {"a"}), "x");

  const KeyRing ring = KeyRing::Generate();
  const SealedBox first(ring);
  const SealedBox second(*KeyRing::Parse(ring.ToText()));
  EXPECT_EQ(Opened(second, first.Seal(Secret("x"), {"a"}), {"a"}), "x");
  EXPECT_EQ(first.LookupHash(Secret("x"), "a"), second.LookupHash(Secret("x"), "a"));
}

TEST(KeyRingTest, MalformedTextIsRefusedWithoutRepeatingIt) {
  for (const std::string& text : std::vector<std::string>{
           "", "# nothing\n", kHexKey + "a", "1 " + kHexKey.substr(2), "0 " + kHexKey,
           "x " + kHexKey, "4294967296 " + kHexKey, "1 " + kHexKey + "\n1 " + kOtherHexKey,
           "lookup " + kHexKey, "1 " + kHexKey + "\nlookup " + kHexKey + "\nlookup " + kHexKey}) {
    const auto ring = KeyRing::Parse(Secret(text));
    ASSERT_FALSE(ring) << text;
    EXPECT_THAT(ring.error().message, Not(HasSubstr("aaaa")));
  }
}

TEST(KeyRingTest, AFileIsMadeOnce) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("vedette_ring_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string path = folder / "sealing.keys";
  const auto first = KeyRing::LoadOrCreateFile(path);
  const auto second = KeyRing::LoadOrCreateFile(path);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(Opened(SealedBox(*second), SealedBox(*first).Seal(Secret("x"), {"a"}), {"a"}), "x");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace vedette
