// SPDX-License-Identifier: Apache-2.0
#include "kit/redis/cluster_map.h"

#include <gtest/gtest.h>

#include "kit/redis/slot.h"

namespace vedette::redis {
namespace {

const Endpoint kAsked{.host = "10.0.0.9", .port = 7000};

Reply Number(std::int64_t number) { return {.value = number}; }
Reply Word(std::string text) { return {.value = std::move(text)}; }
Reply List(std::vector<Reply> replies) { return {.value = std::move(replies)}; }

// Values of the Redis cluster specification and of CLUSTER KEYSLOT.
TEST(SlotTest, IsTheOneOfTheSpecification) {
  EXPECT_EQ(SlotOf("123456789"), 0x31C3);
  EXPECT_EQ(SlotOf(""), 0);
  EXPECT_EQ(SlotOf("foo"), 12182);
  EXPECT_EQ(SlotOf("{user1000}.following"), SlotOf("user1000"));
  EXPECT_EQ(SlotOf("foo{}{bar}"), 8363);
  EXPECT_EQ(SlotOf("foo{{bar}}zap"), SlotOf("{bar"));
  EXPECT_EQ(SlotOf("foo{bar}{zap}"), SlotOf("bar"));
  EXPECT_EQ(SlotOf("foo{bar"), SlotOf(std::string_view("foo{bar")));
}

TEST(ClusterMapTest, ReadsSlots) {
  const auto ranges =
      ReadSlots(List({List({Number(0), Number(8191), List({Word("a"), Number(1), Word("id")})}),
                      List({Number(8192), Number(16383), List({Reply{}, Number(2)}), List({})})}),
                kAsked);
  ASSERT_TRUE(ranges);
  EXPECT_EQ(*ranges, (std::vector<SlotRange>{{0, 8191, {.host = "a", .port = 1}},
                                             {8192, 16383, {.host = "10.0.0.9", .port = 2}}}));
}

TEST(ClusterMapTest, OtherRepliesAreNoSlots) {
  const Reply node = List({Word("a"), Number(1)});
  for (const Reply& reply :
       {Word("x"), List({Number(1)}), List({List({Number(0), Number(1)})}),
        List({List({Number(-1), Number(1), node})}), List({List({Number(0), Number(16384), node})}),
        List({List({Number(2), Number(1), node})}),
        List({List({Number(0), Number(1), List({Word("a"), Number(0)})})}),
        List({List({Number(0), Number(1), List({Word("a")})})})}) {
    EXPECT_FALSE(ReadSlots(reply, kAsked));
  }
}

TEST(ClusterMapTest, ReadsRedirections) {
  EXPECT_EQ(ReadRedirection("MOVED 3999 10.0.0.1:6381", kAsked),
            (Redirection{false, 3999, {.host = "10.0.0.1", .port = 6381}}));
  EXPECT_EQ(ReadRedirection("ASK 1 :6381", kAsked),
            (Redirection{true, 1, {.host = "10.0.0.9", .port = 6381}}));
  EXPECT_EQ(ReadRedirection("MOVED 1 fe80::1:6381", kAsked),
            (Redirection{false, 1, {.host = "fe80::1", .port = 6381}}));
  for (const std::string_view error : {"", "MOVED", "MOVED x a:1", "MOVED 1 a", "MOVED 16384 a:1",
                                       "MOVED 1 a:x", "ERR 1 a:1", "MOVED 1a:1", "ASK 1 a:0"}) {
    EXPECT_FALSE(ReadRedirection(error, kAsked)) << error;
  }
}

}  // namespace
}  // namespace vedette::redis
