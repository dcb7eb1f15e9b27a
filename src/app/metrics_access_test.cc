// SPDX-License-Identifier: Apache-2.0
#include "app/metrics_access.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "kit/config/private_file.h"
#include "kit/testing/temp_dir.h"

namespace vedette::app {
namespace {

http::Request From(std::string peer) {
  http::Request request;
  request.peer = std::move(peer);
  return request;
}

http::Request With(http::Request request, std::string header, std::string value) {
  request.headers.Set(std::move(header), std::move(value));
  return request;
}

TEST(MetricsAccessTest, KnowsPrivateAddresses) {
  for (const char* address :
       {"127.0.0.1", "127.255.255.255", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.1.1", "100.64.0.1", "100.127.255.255", "::1", "fd00::1", "fc00::1", "fe80::1",
        "fe80::1%1", "::ffff:10.0.0.1"}) {
    EXPECT_TRUE(IsPrivateAddress(address)) << address;
  }
  for (const char* address :
       {"8.8.8.8", "172.15.255.255", "172.32.0.0", "192.169.0.1", "100.63.255.255", "100.128.0.0",
        "128.0.0.1", "0.0.0.0", "::", "::2", "fe00::1", "fec0::1", "2001:db8::1", "::ffff:8.8.8.8",
        "", "localhost", "10.0.0", "10.0.0.1.evil.example", "10.0.0.1:80"}) {
    EXPECT_FALSE(IsPrivateAddress(address)) << address;
  }
}

TEST(MetricsAccessTest, OfThePrivateNetworkButNotThroughAProxy) {
  const auto access = MetricsAccess::Load({});
  ASSERT_TRUE(access);
  EXPECT_TRUE(access->Allows(From("10.0.0.7")));
  EXPECT_FALSE(access->Allows(From("203.0.113.7")));
  EXPECT_FALSE(access->Allows(With(From("203.0.113.7"), "Authorization", "Bearer ")));
  for (const char* header : {"Forwarded", "x-forwarded-for", "X-Real-IP", "Via"}) {
    EXPECT_FALSE(access->Allows(With(From("10.0.0.7"), header, ""))) << header;
  }
}

TEST(MetricsAccessTest, EverybodyWhenToldSo) {
  const auto access = MetricsAccess::Load({.readers = "everybody"});
  ASSERT_TRUE(access);
  EXPECT_TRUE(access->Allows(With(From("203.0.113.7"), "Via", "1.1 proxy")));
}

TEST(MetricsAccessTest, TheTokenOfTheFileOpensItFromAnywhere) {
  const testkit::TempDir folder;
  const std::string file = (folder.path() / "token").string();
  ASSERT_TRUE(config::WritePrivateFile(file, "0123456789abcdef0123\n"));
  for (const char* readers : {"private", "token"}) {
    const auto access = MetricsAccess::Load({.readers = readers, .token_file = file});
    ASSERT_TRUE(access) << access.error().message;
    const http::Request far = From("203.0.113.7");
    EXPECT_TRUE(access->Allows(With(far, "Authorization", "Bearer 0123456789abcdef0123")));
    EXPECT_FALSE(access->Allows(With(far, "Authorization", "Bearer 0123456789abcdef0124")));
    EXPECT_FALSE(access->Allows(With(far, "Authorization", "Bearer 0123456789abcdef012")));
    EXPECT_FALSE(access->Allows(far));
    EXPECT_EQ(access->Allows(From("127.0.0.1")), std::string_view(readers) == "private");
  }
}

TEST(MetricsAccessTest, ATokenThatCannotBeReadOrIsShortIsRefused) {
  const testkit::TempDir folder;
  const std::string file = (folder.path() / "token").string();
  EXPECT_FALSE(MetricsAccess::Load({.token_file = file}));
  ASSERT_TRUE(config::WritePrivateFile(file, "short\n"));
  EXPECT_FALSE(MetricsAccess::Load({.token_file = file}));
  EXPECT_FALSE(MetricsAccess::Load({.readers = "token"}));
}

TEST(MetricsAccessTest, ATokenThatOthersMayReadIsRefused) {
  const testkit::TempDir folder;
  const std::string file = (folder.path() / "token").string();
  ASSERT_TRUE(config::WritePrivateFile(file, "0123456789abcdef0123\n"));
  std::filesystem::permissions(file, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  const auto access = MetricsAccess::Load({.token_file = file});
  ASSERT_FALSE(access);
  EXPECT_EQ(access.error().code, Code::kFailedPrecondition);
}

}  // namespace
}  // namespace vedette::app
