// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/instance_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/discovery/etcd_resolver.h"
#include "kit/discovery/static_resolver.h"
#include "kit/testing/fake_clock.h"
#include "kit/testing/log_capture.h"

namespace vedette::discovery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class InstanceFeedTest : public testing::Test {
 protected:
  double Gauge(std::string_view name) {
    return metrics_.GetGauge(name, "", {{"target", "etcd:trial"}}).Value();
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  std::shared_ptr<LogCapture> capture_ = std::make_shared<LogCapture>();
  InstanceFeed feed_{"etcd:trial", metrics_, Logger(capture_, clock_, LogLevel::kDebug), clock_};
  std::vector<Instances> heard_;
  std::unique_ptr<Subscription> subscription_ =
      feed_.Subscribe([this](const Instances& now) { heard_.push_back(now); });
};

TEST_F(InstanceFeedTest, TellsThePresentListFirstAndThenEachNewOne) {
  feed_.Publish({"b:1", "a:1", "b:1"});
  feed_.Publish({"a:1"});
  EXPECT_THAT(heard_, ElementsAre(IsEmpty(), ElementsAre("a:1", "b:1"), ElementsAre("a:1")));
  EXPECT_THAT(feed_.Current(), ElementsAre("a:1"));
  EXPECT_EQ(Gauge("vedette_discovery_instances"), 1);
}

// "others: etcd": a duplicate PUT is one add.
TEST_F(InstanceFeedTest, TheSameListAgainTellsNothing) {
  feed_.Publish({"a:1", "b:1"});
  feed_.Publish({"b:1", "a:1"});
  EXPECT_EQ(heard_.size(), 2U);
}

TEST_F(InstanceFeedTest, AnEmptyListKeepsTheLastGoodOne) {
  feed_.Publish({"a:1"});
  feed_.Publish({});
  feed_.Publish({});
  EXPECT_THAT(feed_.Current(), ElementsAre("a:1"));
  EXPECT_EQ(heard_.size(), 2U);
  EXPECT_TRUE(feed_.State().kept_last_good);
  EXPECT_EQ(Gauge("vedette_discovery_kept_last_good"), 1);
  EXPECT_EQ(capture_->Count(LogLevel::kWarning), 1U);
  feed_.Publish({"b:1"});
  EXPECT_THAT(feed_.Current(), ElementsAre("b:1"));
  EXPECT_FALSE(feed_.State().kept_last_good);
}

TEST_F(InstanceFeedTest, AnOutageKeepsTheListAndIsLoggedOnce) {
  feed_.Publish({"a:1"});
  clock_.Advance(std::chrono::seconds(9));
  for (int i = 0; i < 5; ++i) feed_.Fail({Code::kUnavailable, "away"});
  EXPECT_THAT(feed_.Current(), ElementsAre("a:1"));
  EXPECT_FALSE(feed_.State().connected);
  EXPECT_EQ(feed_.State().last_contact, FakeClock::kStart);
  EXPECT_EQ(capture_->Count(LogLevel::kWarning), 1U);
  feed_.Publish({"a:1"});
  EXPECT_TRUE(feed_.State().connected);
  EXPECT_EQ(heard_.size(), 2U);
  feed_.Fail({Code::kUnavailable, "away"});
  EXPECT_EQ(capture_->Count(LogLevel::kWarning), 2U);
}

TEST_F(InstanceFeedTest, AnEndedSubscriptionIsNotCalled) {
  subscription_.reset();
  feed_.Publish({"a:1"});
  EXPECT_THAT(heard_, ElementsAre(IsEmpty()));
}

TEST_F(InstanceFeedTest, ASubscriberThatThrowsHarmsNobodyElse) {
  const auto broken = feed_.Subscribe([](const Instances&) { throw std::runtime_error("broken"); });
  std::vector<Instances> heard;
  const auto after = feed_.Subscribe([&](const Instances& now) { heard.push_back(now); });
  feed_.Publish({"a:1"});
  EXPECT_THAT(heard, ElementsAre(IsEmpty(), ElementsAre("a:1")));
}

TEST_F(InstanceFeedTest, ASubscriptionMayOutliveTheFeed) {
  std::unique_ptr<Subscription> kept;
  {
    StaticResolver resolver("a:1", {"a:1"}, metrics_, Logger(), clock_);
    kept = resolver.Subscribe([](const Instances&) {});
  }
  kept.reset();
}

TEST(StaticResolver, HasItsListAtOnce) {
  FakeClock clock;
  MetricsRegistry metrics;
  StaticResolver resolver("static", {"b:1", "a:1"}, metrics, Logger(), clock);
  EXPECT_THAT(resolver.Current(), ElementsAre("a:1", "b:1"));
  std::vector<Instances> heard;
  const auto subscription = resolver.Subscribe([&](const Instances& now) { heard.push_back(now); });
  resolver.Set({"c:1"});
  EXPECT_THAT(heard, ElementsAre(ElementsAre("a:1", "b:1"), ElementsAre("c:1")));
}

EtcdItem Item(std::string key, std::string value = "") {
  return {.key = std::move(key), .value = std::move(value)};
}

// "others: etcd": a value change is the old gone and the new there.
TEST(EtcdInstances, FollowsPutsAndDeletionsByKey) {
  EtcdInstances instances;
  instances.Load({{Item("p/1", "a:1"), Item("p/2", "b:1")}, 5});
  EXPECT_THAT(instances.List(), ElementsAre("a:1", "b:1"));
  instances.Apply({{false, Item("p/1", "c:1")}});
  EXPECT_THAT(instances.List(), ElementsAre("c:1", "b:1"));
  instances.Apply({{true, Item("p/2")}, {true, Item("p/9")}, {false, Item("p/3", "d:1")}});
  EXPECT_THAT(instances.List(), ElementsAre("c:1", "d:1"));
  instances.Load({{Item("p/4", "e:1")}, 9});
  EXPECT_THAT(instances.List(), ElementsAre("e:1"));
}

TEST(EtcdInstances, LeavesOutWhatIsNoAddress) {
  EtcdInstances instances;
  instances.Load({{Item("p/1", "a:1"), Item("p/2", "no address"), Item("p/3", std::string(9, '\0')),
                   Item("p/4", "")},
                  5});
  EXPECT_THAT(instances.List(), ElementsAre("a:1"));
}

}  // namespace
}  // namespace vedette::discovery
