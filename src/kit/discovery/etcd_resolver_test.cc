// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/discovery/discovery.h"
#include "kit/discovery/discovery_test_support.h"
#include "kit/testing/tcp_gate.h"

namespace vedette::discovery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class EtcdResolverTest : public EtcdTest {
 protected:
  bool Becomes(Resolver& resolver, const Instances& wanted) {
    return Eventually([&] { return resolver.Current() == wanted; });
  }
};

TEST_F(EtcdResolverTest, LoadsWhatIsThereAndFollowsWhatComes) {
  ASSERT_TRUE(Put("vedette/trial/1", "10.0.0.1:90"));
  ASSERT_TRUE(Put("vedette/trials/9", "10.0.0.9:90"));
  const auto resolver = MakeResolver();
  HeardLists heard(*resolver);
  ASSERT_TRUE(Becomes(*resolver, {"10.0.0.1:90"}));
  ASSERT_TRUE(Put("vedette/trial/2", "10.0.0.2:90"));
  ASSERT_TRUE(Becomes(*resolver, {"10.0.0.1:90", "10.0.0.2:90"}));
  ASSERT_TRUE(Delete("vedette/trial/1"));
  ASSERT_TRUE(Becomes(*resolver, {"10.0.0.2:90"}));
  EXPECT_TRUE(resolver->State().connected);
  const auto lists = heard.lists();
  ASSERT_GE(lists.size(), 3U);
  EXPECT_THAT(std::vector<Instances>(lists.end() - 3, lists.end()),
              ElementsAre(ElementsAre("10.0.0.1:90"), ElementsAre("10.0.0.1:90", "10.0.0.2:90"),
                          ElementsAre("10.0.0.2:90")));
}

// "others: etcd": duplicate PUT, value change.
TEST_F(EtcdResolverTest, TheSamePutAgainTellsNothingAndANewValueIsAChange) {
  ASSERT_TRUE(Put("vedette/trial/1", "10.0.0.1:90"));
  const auto resolver = MakeResolver();
  ASSERT_TRUE(Becomes(*resolver, {"10.0.0.1:90"}));
  HeardLists heard(*resolver);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Put("vedette/trial/1", "10.0.0.1:90"));
  ASSERT_TRUE(Put("vedette/trial/1", "10.0.0.7:90"));
  ASSERT_TRUE(Becomes(*resolver, {"10.0.0.7:90"}));
  EXPECT_THAT(heard.lists(), ElementsAre(ElementsAre("10.0.0.1:90"), ElementsAre("10.0.0.7:90")));
}

TEST_F(EtcdResolverTest, KeepsTheLastGoodListWhenNothingIsLeft) {
  ASSERT_TRUE(Put("vedette/trial/1", "10.0.0.1:90"));
  const auto resolver = MakeResolver();
  ASSERT_TRUE(Becomes(*resolver, {"10.0.0.1:90"}));
  ASSERT_TRUE(Delete("vedette/trial/1"));
  ASSERT_TRUE(Eventually([&] { return resolver->State().kept_last_good; }));
  EXPECT_THAT(resolver->Current(), ElementsAre("10.0.0.1:90"));
  ASSERT_TRUE(Put("vedette/trial/2", "10.0.0.2:90"));
  EXPECT_TRUE(Becomes(*resolver, {"10.0.0.2:90"}));
}

TEST_F(EtcdResolverTest, StartsBeforeEtcdDoes) {
  server_->Stop();
  const auto resolver = MakeResolver();
  EXPECT_THAT(resolver->Current(), IsEmpty());
  server_->Start();
  ASSERT_TRUE(PutsAgain("vedette/trial/1", "10.0.0.1:90"));
  EXPECT_TRUE(Becomes(*resolver, {"10.0.0.1:90"}));
}

TEST_F(EtcdResolverTest, KeepsItsListWhileEtcdIsAwayAndCatchesUp) {
  ASSERT_TRUE(Put("vedette/trial/1", "10.0.0.1:90"));
  const auto resolver = MakeResolver();
  ASSERT_TRUE(Becomes(*resolver, {"10.0.0.1:90"}));
  server_->Stop();
  ASSERT_TRUE(Eventually([&] { return !resolver->State().connected; }));
  EXPECT_THAT(resolver->Current(), ElementsAre("10.0.0.1:90"));
  server_->Start();
  ASSERT_TRUE(PutsAgain("vedette/trial/2", "10.0.0.2:90"));
  EXPECT_TRUE(Becomes(*resolver, {"10.0.0.1:90", "10.0.0.2:90"}));
}

// "others: etcd": close + compaction paths re-watch.
TEST_F(EtcdResolverTest, SeesWhatHappenedBehindACutAndACompaction) {
  testkit::TcpGate gate(server_->address());
  ASSERT_TRUE(Put("vedette/trial/1", "10.0.0.1:90"));
  const auto resolver = MakeResolver(Connect({gate.address()}));
  ASSERT_TRUE(Becomes(*resolver, {"10.0.0.1:90"}));
  gate.Cut();
  ASSERT_TRUE(Eventually([&] { return !resolver->State().connected; }));
  ASSERT_TRUE(Put("vedette/trial/2", "10.0.0.2:90"));
  ASSERT_TRUE(Put("vedette/trial/3", "10.0.0.3:90"));
  ASSERT_TRUE(Delete("vedette/trial/1"));
  const auto now = Run<Result<EtcdRange>>([&] { return client_->List("vedette/"); });
  ASSERT_TRUE(now);
  ASSERT_TRUE(Run<Status>([&] { return client_->Compact(now->revision); }));
  HeardLists heard(*resolver);
  gate.Open();
  ASSERT_TRUE(Becomes(*resolver, {"10.0.0.2:90", "10.0.0.3:90"}));
  // One step from what was known to what is.
  EXPECT_EQ(heard.lists().size(), 2U);
  ASSERT_TRUE(Delete("vedette/trial/3"));
  EXPECT_TRUE(Becomes(*resolver, {"10.0.0.2:90"}));
}

// A connection over which nothing comes any more, and nothing says so.
TEST_F(EtcdResolverTest, NoticesASilentConnection) {
  testkit::TcpGate gate(server_->address());
  ASSERT_TRUE(Put("vedette/trial/1", "10.0.0.1:90"));
  const auto resolver = MakeResolver(Connect({gate.address()}, kImpatience, kImpatience));
  ASSERT_TRUE(Becomes(*resolver, {"10.0.0.1:90"}));
  gate.Hang();
  ASSERT_TRUE(Put("vedette/trial/2", "10.0.0.2:90"));
  ASSERT_TRUE(Eventually([&] { return !resolver->State().connected; }));
  gate.Open();
  EXPECT_TRUE(Becomes(*resolver, {"10.0.0.1:90", "10.0.0.2:90"}));
}

// One over which nothing ever comes again, while etcd itself is well.
TEST_F(EtcdResolverTest, ReplacesAConnectionThatIsStranded) {
  testkit::TcpGate gate(server_->address());
  ASSERT_TRUE(Put("vedette/trial/1", "10.0.0.1:90"));
  const auto resolver =
      MakeResolver(Connect({gate.address()}, std::chrono::seconds(2), kImpatience));
  ASSERT_TRUE(Becomes(*resolver, {"10.0.0.1:90"}));
  ASSERT_TRUE(Put("vedette/trial/2", "10.0.0.2:90"));
  ASSERT_TRUE(Becomes(*resolver, {"10.0.0.1:90", "10.0.0.2:90"}));  // by the watch
  gate.Strand();
  const std::size_t before = gate.accepted();
  ASSERT_TRUE(Delete("vedette/trial/1"));
  EXPECT_TRUE(Becomes(*resolver, {"10.0.0.2:90"}));
  EXPECT_EQ(gate.accepted(), before + 1) << "one new connection, not many";
}

TEST_F(EtcdResolverTest, TellsALongSeriesInOrder) {
  const auto resolver = MakeResolver();
  ASSERT_TRUE(Eventually([&] { return resolver->State().connected; }));
  HeardLists heard(*resolver);
  constexpr int kSteps = 60;
  for (int i = 1; i <= kSteps; ++i) {
    ASSERT_TRUE(Put("vedette/trial/1", "10.0.0.1:" + std::to_string(i)));
  }
  ASSERT_TRUE(Becomes(*resolver, {"10.0.0.1:" + std::to_string(kSteps)}));
  int last = 0;
  for (const Instances& list : heard.lists()) {
    if (list.empty()) continue;
    const int port = std::stoi(list.front().substr(list.front().find(':') + 1));
    EXPECT_GT(port, last);
    last = port;
  }
}

TEST_F(EtcdResolverTest, IsMadeFromATarget) {
  DiscoveryOptions options;
  options.etcd.endpoints = {server_->address()};
  auto discovery = Discovery::Create(options, {clock_, random_, metrics_, background_->logger()});
  ASSERT_TRUE(discovery);
  auto registrar = (*discovery)->MakeRegistrar();
  auto resolver = (*discovery)->MakeResolver("etcd:trial");
  ASSERT_TRUE(resolver);
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
  ASSERT_TRUE(Becomes(**resolver, {"10.0.0.1:90"}));
  const auto states = (*discovery)->Snapshot();
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(states[0].target, "etcd:trial");
  EXPECT_TRUE(states[0].connected);
  resolver->reset();
  EXPECT_THAT((*discovery)->Snapshot(), IsEmpty());
  Deregister(*registrar);
  EXPECT_THAT(Items(), IsEmpty());
}

TEST(Discovery, NeedsNoEtcdForStaticAddresses) {
  SystemClock clock;
  SeededRandom random(1);
  MetricsRegistry metrics;
  auto discovery = Discovery::Create({}, {clock, random, metrics, Logger()});
  ASSERT_TRUE(discovery);
  const auto resolver = (*discovery)->MakeResolver("10.0.0.2:1,10.0.0.1:1");
  ASSERT_TRUE(resolver);
  EXPECT_THAT((*resolver)->Current(), ElementsAre("10.0.0.1:1", "10.0.0.2:1"));
  const auto etcd = (*discovery)->MakeResolver("etcd:trial");
  ASSERT_FALSE(etcd);
  EXPECT_EQ(etcd.error().code, Code::kFailedPrecondition);
  EXPECT_FALSE((*discovery)->MakeLiveSource("vedette/live"));
  Runtime runtime(1);
  const auto registrar = (*discovery)->MakeRegistrar();
  EXPECT_TRUE(Await<Status>(runtime, [&] { return registrar->Register("trial", "a:1"); }));
  runtime.RunBlocking([&] { return registrar->Deregister(SteadyTime::max()); });
}

}  // namespace
}  // namespace vedette::discovery
