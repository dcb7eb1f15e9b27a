// SPDX-License-Identifier: Apache-2.0
#include "kit/redis/address.h"

#include <gtest/gtest.h>

namespace vedette::redis {
namespace {

Endpoint At(std::string host, std::uint16_t port) {
  return {.host = std::move(host), .port = port, .is_path = false};
}

TEST(AddressTest, OneServer) {
  const auto plain = ParseUrl("redis://cache.local");
  ASSERT_TRUE(plain);
  EXPECT_EQ(*plain, (Location{.endpoints = {At("cache.local", 6379)}}));
  const auto full = ParseUrl("rediss://vedette@cache.local:6390/7");
  ASSERT_TRUE(full);
  EXPECT_EQ(
      *full,
      (Location{
          .endpoints = {At("cache.local", 6390)}, .tls = true, .user = "vedette", .database = 7}));
  const auto six = ParseUrl("redis://[::1]:7000");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->endpoints.front(), At("::1", 7000));
  EXPECT_EQ(ToString(six->endpoints.front()), "[::1]:7000");
}

TEST(AddressTest, UnixSocket) {
  const auto location = ParseUrl("redis+unix:///run/redis.sock?database=3");
  ASSERT_TRUE(location);
  EXPECT_EQ(location->database, 3);
  EXPECT_EQ(location->endpoints.front(),
            (Endpoint{.host = "/run/redis.sock", .port = 0, .is_path = true}));
  EXPECT_FALSE(ParseUrl("redis+unix://run/redis.sock"));
  EXPECT_FALSE(ParseUrl("redis+unix:///run/redis.sock?base=3"));
}

TEST(AddressTest, SentinelsAndCluster) {
  const auto sentinels = ParseUrl("redis-sentinel://a,b:26380/main/2");
  ASSERT_TRUE(sentinels);
  EXPECT_EQ(*sentinels, (Location{.topology = Topology::kSentinel,
                                  .endpoints = {At("a", 26379), At("b", 26380)},
                                  .database = 2,
                                  .master = "main"}));
  const auto cluster = ParseUrl("rediss-cluster://a,b:6380");
  ASSERT_TRUE(cluster);
  EXPECT_EQ(*cluster, (Location{.topology = Topology::kCluster,
                                .endpoints = {At("a", 6379), At("b", 6380)},
                                .tls = true}));
}

TEST(AddressTest, WrongUrlsAreRefusedWithoutBeingRepeated) {
  for (const std::string_view url :
       {"", "http://secret", "redis://", "redis://secret:x", "redis://secret:0",
        "redis://secret:99999", "redis://a,secret", "redis://secret/x", "redis://secret/-1",
        "redis://user:secret@host", "redis-sentinel://secret", "redis-cluster://secret/1",
        "redis://secret/0?x=1", "redis://[::1", "redis://a b"}) {
    const auto location = ParseUrl(url);
    ASSERT_FALSE(location) << url;
    EXPECT_EQ(location.error().code, Code::kInvalidArgument);
    EXPECT_EQ(location.error().message.find("secret"), std::string::npos) << url;
  }
}

}  // namespace
}  // namespace vedette::redis
