// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/dns_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

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
  const auto found = Await<Result<Instances>>(background_->runtime(), [&] {
    return SystemDnsLookup(background_->names())("localhost", "90");
  });
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, testing::Contains("127.0.0.1:90"));
}

// The system's look-up can hang for as long as it likes; nothing of ours waits for it.
TEST_F(DnsResolverTest, ALookupThatHangsIsWaitedForByNobody) {
  std::promise<void> release;
  std::atomic<bool> released = false;
  const auto names =
      std::make_shared<NameLookups>([until = release.get_future().share(), &released](std::string) {
        until.wait();
        released = true;
        return std::vector<std::string>{"10.0.0.1"};
      });
  {
    const DnsResolver resolver("dns:trial:90", "trial", "90", std::chrono::milliseconds(1),
                               SystemDnsLookup(names), background_, random_, metrics_, clock_);
    ASSERT_TRUE(Eventually([&] { return names->pending() == 1; }));
    // Another one on the same thread goes on meanwhile.
    Answer(Instances{"10.0.0.2:90"});
    const auto other = Make();
    EXPECT_TRUE(Eventually([&] { return other->State().connected; }));
  }
  background_.reset();
  EXPECT_FALSE(released) << "both have ended before it";
  release.set_value();
  EXPECT_TRUE(Eventually([&] { return names->pending() == 0; }));
}

TEST_F(DnsResolverTest, SoManyLookupsMayHangAndNoMore) {
  std::promise<void> release;
  const NameLookups names([until = release.get_future().share()](std::string) {
    until.wait();
    return std::vector<std::string>{"10.0.0.1"};
  });
  const auto find = [&](SteadyTime deadline) {
    return Await<Result<std::vector<std::string>>>(background_->runtime(),
                                                   [&] { return names.Find("trial", deadline); });
  };
  for (std::size_t i = 0; i < NameLookups::kMost; ++i) {
    EXPECT_EQ(find(clock_.SteadyNow()).error().code, Code::kDeadlineExceeded);
  }
  EXPECT_EQ(names.pending(), NameLookups::kMost);
  EXPECT_EQ(find(SteadyTime::max()).error().code, Code::kResourceExhausted);
  release.set_value();
  ASSERT_TRUE(Eventually([&] { return names.pending() == 0; }));
  EXPECT_EQ(find(SteadyTime::max()).value(), std::vector<std::string>{"10.0.0.1"});
}

TEST_F(DnsResolverTest, ALookupThatThrowsFails) {
  const NameLookups names(
      [](std::string) -> Result<std::vector<std::string>> { throw std::runtime_error("broken"); });
  const auto found = Await<Result<std::vector<std::string>>>(
      background_->runtime(), [&] { return names.Find("trial", SteadyTime::max()); });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kInternal);
  EXPECT_EQ(names.pending(), 0U);
}

TEST_F(DnsResolverTest, AnAddressIsItsOwnName) {
  EXPECT_THAT(SystemAddresses()("127.0.0.1").value(), ElementsAre("127.0.0.1"));
  EXPECT_THAT(SystemAddresses()("::1").value(), ElementsAre("::1"));
}

}  // namespace
}  // namespace vedette::discovery
