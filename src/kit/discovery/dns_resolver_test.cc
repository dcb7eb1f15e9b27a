// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/dns_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/discovery/discovery_test_support.h"

namespace vedette::discovery {
namespace {

using testing::ElementsAre;

class DnsResolverTest : public DiscoveryTest {
 protected:
  // What the name service answers from now on.
  void Answer(Result<Instances> answer) {
    const std::scoped_lock lock(mutex_);
    answer_ = std::move(answer);
  }
  DnsLookup Lookup() {
    return [this](std::string host, std::string port) -> Task<Result<Instances>> {
      const std::scoped_lock lock(mutex_);
      ++asked_;
      EXPECT_EQ(host + ":" + port, "trial:90");
      co_return answer_;
    };
  }
  int asked() {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }
  std::unique_ptr<DnsResolver> Make() {
    return std::make_unique<DnsResolver>("dns:trial:90", "trial", "90",
                                         std::chrono::milliseconds(1), Lookup(), background_,
                                         random_, metrics_, clock_);
  }

  std::mutex mutex_;
  Result<Instances> answer_;
  int asked_ = 0;
};

TEST_F(DnsResolverTest, FollowsTheAnswersOfTheName) {
  Answer(Instances{"10.0.0.2:90", "10.0.0.1:90"});
  const auto resolver = Make();
  ASSERT_TRUE(Eventually([&] { return resolver->Current().size() == 2; }));
  EXPECT_THAT(resolver->Current(), ElementsAre("10.0.0.1:90", "10.0.0.2:90"));
  Answer(Instances{"10.0.0.3:90"});
  EXPECT_TRUE(Eventually([&] { return resolver->Current() == Instances{"10.0.0.3:90"}; }));
}

TEST_F(DnsResolverTest, KeepsTheLastGoodAnswer) {
  Answer(Instances{"10.0.0.1:90"});
  const auto resolver = Make();
  ASSERT_TRUE(Eventually([&] { return resolver->State().connected; }));
  Answer(Instances());
  ASSERT_TRUE(Eventually([&] { return resolver->State().kept_last_good; }));
  EXPECT_THAT(resolver->Current(), ElementsAre("10.0.0.1:90"));
  Answer(Fail(Code::kUnavailable, "away"));
  ASSERT_TRUE(Eventually([&] { return !resolver->State().connected; }));
  EXPECT_THAT(resolver->Current(), ElementsAre("10.0.0.1:90"));
  Answer(Instances{"10.0.0.2:90"});
  EXPECT_TRUE(Eventually([&] { return resolver->Current() == Instances{"10.0.0.2:90"}; }));
}

TEST_F(DnsResolverTest, AnExceptionEndsTheRoundAlone) {
  Answer(Instances{"10.0.0.1:90"});
  bool thrown = false;
  const DnsLookup answers = Lookup();
  const DnsResolver resolver(
      "dns:trial:90", "trial", "90", std::chrono::milliseconds(1),
      [&](std::string host, std::string port) -> Task<Result<Instances>> {
        if (!std::exchange(thrown, true)) throw std::runtime_error("broken");
        co_return co_await answers(host, port);
      },
      background_, random_, metrics_, clock_);
  EXPECT_TRUE(Eventually([&] { return resolver.State().connected; }));
}

TEST_F(DnsResolverTest, TheSystemKnowsLocalhost) {
  const auto found = Await<Result<Instances>>(background_->runtime(),
                                              [] { return SystemDnsLookup()("localhost", "90"); });
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, testing::Contains("127.0.0.1:90"));
}

}  // namespace
}  // namespace vedette::discovery
