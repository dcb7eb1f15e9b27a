// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/hashing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"

namespace vedette::monitor {
namespace {

std::string Place(const ShortHash& hash) { return std::string(AsView(hash).substr(0, 6)); }

TEST(KeyHash, KeepsKeysTogetherThatAreMadeTogether) {
  const auto a = KeyHash("VS/01-701-1015/17");
  const auto b = KeyHash("VS/01-701-1015/18");
  EXPECT_EQ(Place(a), Place(b));
  EXPECT_NE(a, b);
  EXPECT_NE(Place(a), Place(KeyHash("VS/01-701-1016/17")));
}

TEST(KeyHash, KeepsTheOrderOfUuidsByTime) {
  const auto early = KeyHash("0192f0a0-0000-7abc-8000-000000000001");
  const auto late = KeyHash("0192f0a0-0001-7abc-8000-000000000001");
  EXPECT_LT(early, late);
  // Random ones have no time.
  EXPECT_EQ(Place(KeyHash("0192f0a0-0000-4abc-8000-000000000001")),
            Place(KeyHash("ffffffff-0000-4abc-8000-000000000001")));
}

TEST(KeyHash, IsStored) {
  // A change of these values would let every event in the log be recorded again.
  EXPECT_EQ(HexEncode(AsView(KeyHash("VS/01-701-1015/17"))), "03ac119cc4b14b31269bdbdd6e2e7816");
  EXPECT_EQ(HexEncode(AsView(KeyHash("0192f0a0-0000-7abc-8000-000000000001"))),
            "0192f0a000004fa931f21a020a42e481");
}

TEST(ContentHash, DependsOnEverythingThatWasSent) {
  const GivenObservation given{.subject_number = "1", .item = "I", .number = 1.5, .unit = "u"};
  const StudyTime time{.instant = FromUnixMicros(5)};
  std::string buffer;
  std::set<ShortHash> hashes{ContentHash(given, time, &buffer)};
  const auto add = [&](auto change) {
    GivenObservation other = given;
    StudyTime other_time = time;
    change(other, other_time);
    hashes.insert(ContentHash(other, other_time, &buffer));
  };
  add([](auto& g, auto&) { g.subject_number = "2"; });
  add([](auto& g, auto&) { g.item = "J"; });
  add([](auto& g, auto&) { g.number = 2; });
  add([](auto& g, auto&) { g.number.reset(); });
  add([](auto& g, auto&) { g.comparator = "<"; });
  add([](auto& g, auto&) { g.text = ""; });
  add([](auto& g, auto&) { g.text = "t"; });
  add([](auto& g, auto&) { g.absent_reason = "t"; });
  add([](auto& g, auto&) { g.unit = "v"; });
  add([](auto&, auto& t) { t.instant = FromUnixMicros(6); });
  add([](auto&, auto& t) { t.offset_minutes = 0; });
  add([](auto&, auto& t) { t.offset_minutes = 60; });
  add([](auto&, auto& t) { t.precision = TimePrecision::kDay; });
  EXPECT_EQ(hashes.size(), 14u);
}

TEST(ContentHash, IsTheSameForTheSame) {
  std::string buffer;
  GivenObservation given{.subject_number = "1", .item = "I", .number = 0.0};
  const auto once = ContentHash(given, {}, &buffer);
  given.idempotency_key = "another";
  EXPECT_EQ(ContentHash(given, {}, &buffer), once);
  given.number = -0.0;
  EXPECT_EQ(ContentHash(given, {}, &buffer), once);
}

}  // namespace
}  // namespace vedette::monitor
