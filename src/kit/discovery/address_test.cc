// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/address.h"

#include <gtest/gtest.h>

#include <vector>

#include "kit/discovery/backoff.h"
#include "kit/discovery/discovery.h"
#include "kit/discovery/etcd_client.h"

namespace vedette::discovery {
namespace {

config::EnvLookup Environment(std::string pod_ip) {
  return [pod_ip = std::move(pod_ip)](std::string_view name) -> std::optional<std::string> {
    if (name == "POD_IP" && !pod_ip.empty()) return pod_ip;
    return std::nullopt;
  };
}

std::string Interface() { return "192.0.2.7"; }

TEST(HostPort, ParsesNamesAndBothKindsOfAddress) {
  for (const char* text :
       {"trial:9090", "10.0.0.1:1", "a-b.c_d.example:65535", "[::1]:80", "[2001:db8::7]:443"}) {
    const auto parsed = ParseHostPort(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->ToString(), text);
  }
  EXPECT_EQ(ParseHostPort("[::1]:80")->host, "::1");
}

TEST(HostPort, RefusesAnyOtherBytes) {
  for (const std::string& text :
       {std::string(), std::string(":"), std::string(":80"), std::string("a"), std::string("a:"),
        std::string("a:0"), std::string("a:65536"), std::string("a:+8"), std::string("a:8 "),
        std::string("a b:80"), std::string("a\r\n:80"), std::string("::1:80"),
        std::string("[::1:80"), std::string("[x]:80"), std::string("a/b:80"),
        std::string("\xff\x00:80", 5), std::string(300, 'a') + ":80",
        std::string("a:99999999999")}) {
    EXPECT_FALSE(ParseHostPort(text)) << text;
  }
}

TEST(AdvertisedAddress, IsWhatIsListenedOnUnlessThatIsEveryInterface) {
  EXPECT_EQ(AdvertisedAddress("10.0.0.1:90", "", Environment("10.1.1.1"), Interface),
            "10.0.0.1:90");
  EXPECT_EQ(AdvertisedAddress("0.0.0.0:90", "", Environment("10.1.1.1"), Interface), "10.1.1.1:90");
  EXPECT_EQ(AdvertisedAddress("[::]:90", "", Environment("2001:db8::1"), Interface),
            "[2001:db8::1]:90");
  EXPECT_EQ(AdvertisedAddress("0.0.0.0:90", "", Environment(""), Interface), "192.0.2.7:90");
}

TEST(AdvertisedAddress, TheOptionWins) {
  EXPECT_EQ(AdvertisedAddress("0.0.0.0:90", "edge.example", Environment("10.1.1.1"), Interface),
            "edge.example:90");
  EXPECT_EQ(AdvertisedAddress("10.0.0.1:90", "edge.example:443", Environment(""), Interface),
            "edge.example:443");
  EXPECT_EQ(AdvertisedAddress("10.0.0.1:90", "2001:db8::1", Environment(""), Interface),
            "[2001:db8::1]:90");
}

TEST(AdvertisedAddress, FailsWhenNothingUsableComesOut) {
  const auto none = [] { return std::string(); };
  EXPECT_FALSE(AdvertisedAddress("0.0.0.0:90", "", Environment(""), none));
  EXPECT_FALSE(AdvertisedAddress("0.0.0.0:90", "", Environment("not an address"), none));
  EXPECT_FALSE(AdvertisedAddress("0.0.0.0:90", "a b", Environment(""), Interface));
  EXPECT_FALSE(AdvertisedAddress("nonsense", "", Environment(""), Interface));
}

TEST(AdvertisedAddress, AnInterfaceIsAnAddressOrNothing) {
  const std::string address = InterfaceAddress();
  if (address.empty()) GTEST_SKIP() << "this machine has the loopback interface alone";
  EXPECT_TRUE(ParseHostPort(HostPort{address, "80"}.ToString())) << address;
}

TEST(Target, ParsesEachKind) {
  EXPECT_EQ(ParseTarget("static:a:1,b:2")->addresses, (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_EQ(ParseTarget("10.0.0.1:9, 10.0.0.2:9")->addresses,
            (std::vector<std::string>{"10.0.0.1:9", "10.0.0.2:9"}));
  // A host that is called as a kind is: the plain list needs its prefix.
  EXPECT_EQ(ParseTarget("trial:9090")->kind, Target::Kind::kStatic);
  EXPECT_EQ(ParseTarget("static:etcd:2379")->addresses, std::vector<std::string>{"etcd:2379"});
  const auto etcd = ParseTarget("etcd:trial");
  ASSERT_TRUE(etcd);
  EXPECT_EQ(etcd->kind, Target::Kind::kEtcd);
  EXPECT_EQ(etcd->name, "trial");
  const auto kubernetes = ParseTarget("kubernetes:clinic/trial:grpc");
  ASSERT_TRUE(kubernetes);
  EXPECT_EQ(kubernetes->kind, Target::Kind::kKubernetes);
  EXPECT_EQ(kubernetes->scope + "|" + kubernetes->name + "|" + kubernetes->port,
            "clinic|trial|grpc");
  const auto dns = ParseTarget("dns:trial.clinic.svc:9090");
  ASSERT_TRUE(dns);
  EXPECT_EQ(dns->kind, Target::Kind::kDns);
  EXPECT_EQ(dns->name + "|" + dns->port, "trial.clinic.svc|9090");
}

TEST(Target, RefusesAnythingElse) {
  for (const char* text :
       {"", "trial", "static:", "static:a", "etcd:", "etcd:a/b", "etcd:a b", "kubernetes:trial:1",
        "kubernetes:a/b", "kubernetes:/b:1", "kubernetes:a/:1",
        "kubernetes:a/b:", "kubernetes:a:1/b", "dns:trial", "dns::80", "dns:a:0", "nacos:trial"}) {
    const auto target = ParseTarget(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error().code, Code::kInvalidArgument);
  }
}

TEST(Backoff, DoublesUpToItsMostAndTakesUpToHalfOff) {
  SeededRandom random(1);
  Backoff backoff(random, std::chrono::milliseconds(100), std::chrono::milliseconds(1000));
  for (const int whole : {100, 200, 400, 800, 1000, 1000, 1000}) {
    const auto pause = backoff.Next();
    EXPECT_LE(pause.count(), whole);
    EXPECT_GE(pause.count(), whole / 2 - 1);
  }
  backoff.Reset();
  EXPECT_LE(backoff.Next().count(), 100);
}

TEST(Backoff, TwoProcessesDoNotComeBackTogether) {
  SeededRandom one(1);
  SeededRandom two(2);
  Backoff first(one);
  Backoff second(two);
  int together = 0;
  for (int i = 0; i < 50; ++i) together += first.Next() == second.Next() ? 1 : 0;
  EXPECT_LT(together, 10);
}

TEST(PrefixEnd, IsTheFirstKeyBehindAllThatBeginSo) {
  EXPECT_EQ(PrefixEnd("a/"), "a0");
  EXPECT_EQ(PrefixEnd("a\xff"), "b");
  EXPECT_EQ(PrefixEnd("\xff\xff"), std::string(1, '\0'));
  EXPECT_EQ(PrefixEnd("\x7f"), "\x80");
}

}  // namespace
}  // namespace vedette::discovery
