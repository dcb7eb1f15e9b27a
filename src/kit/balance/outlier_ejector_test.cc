// SPDX-License-Identifier: Apache-2.0
#include "kit/balance/outlier_ejector.h"

#include <gtest/gtest.h>

#include <string>

#include "kit/balance/instance.h"
#include "kit/balance/p2c_balancer.h"
#include "kit/telemetry/metrics.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class OutlierEjectorTest : public ::testing::Test {
 protected:
  void Make(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      nodes_.push_back(std::make_shared<Instance>("node" + std::to_string(i)));
    }
    ejector_.Update(nodes_);
  }
  void Record(std::size_t node, Outcome outcome, int times = 1) {
    for (int i = 0; i < times; ++i) ejector_.Record(*nodes_[node], outcome);
  }
  bool Ejected(std::size_t node) const {
    return nodes_[node]->ejection.Ejected(clock_.SteadyNow());
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  Counter& ejections_ = metrics_.GetCounter("vedette_test_ejections_total", "Of the test.");
  OutlierEjector ejector_{EjectionOptions(), clock_, &ejections_};
  InstanceList nodes_;
};

TEST_F(OutlierEjectorTest, FailuresInARowEject) {
  Make(2);
  Record(0, Outcome::kFailure, 4);
  Record(0, Outcome::kSuccess);
  Record(0, Outcome::kFailure, 4);
  EXPECT_FALSE(Ejected(0));
  Record(0, Outcome::kFailure);
  EXPECT_TRUE(Ejected(0));
  EXPECT_EQ(ejections_.Value(), 1);
  clock_.Advance(seconds(3));
  EXPECT_FALSE(Ejected(0));
}

TEST_F(OutlierEjectorTest, HalfOfTheCallsFailingEjects) {
  Make(2);
  for (int i = 0; i < 9; ++i) {
    Record(0, Outcome::kFailure);
    Record(0, Outcome::kSuccess);
  }
  Record(0, Outcome::kSuccess);
  EXPECT_FALSE(Ejected(0));  // 9 of 19: too few calls
  Record(0, Outcome::kFailure);
  EXPECT_TRUE(Ejected(0));  // 10 of 20
}

TEST_F(OutlierEjectorTest, OldFailuresAreForgotten) {
  Make(2);
  for (int i = 0; i < 9; ++i) {
    Record(0, Outcome::kFailure);
    Record(0, Outcome::kSuccess);
  }
  clock_.Advance(seconds(11));
  Record(0, Outcome::kSuccess);
  Record(0, Outcome::kFailure, 2);
  EXPECT_FALSE(Ejected(0));
}

TEST_F(OutlierEjectorTest, TimeGrowsWhileProbationFails) {
  Make(2);
  Record(0, Outcome::kFailure, 5);
  for (const seconds time :
       {seconds(3), seconds(6), seconds(12), seconds(24), seconds(48), seconds(60), seconds(60)}) {
    clock_.Advance(time - milliseconds(1));
    EXPECT_TRUE(Ejected(0)) << time.count();
    clock_.Advance(milliseconds(1));
    EXPECT_FALSE(Ejected(0)) << time.count();
    Record(0, Outcome::kFailure);  // the first call after it
  }
  EXPECT_EQ(ejections_.Value(), 8);
}

TEST_F(OutlierEjectorTest, ProbationIsPassedByASuccess) {
  Make(2);
  Record(0, Outcome::kFailure, 5);
  clock_.Advance(seconds(3));
  Record(0, Outcome::kSuccess);
  Record(0, Outcome::kFailure, 4);
  EXPECT_FALSE(Ejected(0));
}

TEST_F(OutlierEjectorTest, AGoodWhileForgetsFormerEjections) {
  Make(2);
  Record(0, Outcome::kFailure, 5);
  clock_.Advance(seconds(200));
  Record(0, Outcome::kSuccess);
  Record(0, Outcome::kFailure, 5);
  clock_.Advance(seconds(3));
  EXPECT_FALSE(Ejected(0));  // 3 s again and not 6
}

TEST_F(OutlierEjectorTest, NeverMoreThanHalf) {
  Make(5);
  for (std::size_t node = 0; node < 5; ++node) Record(node, Outcome::kFailure, 10);
  int ejected = 0;
  for (std::size_t node = 0; node < 5; ++node) ejected += Ejected(node) ? 1 : 0;
  EXPECT_EQ(ejected, 2);
}

TEST_F(OutlierEjectorTest, ASingleInstanceStays) {
  Make(1);
  Record(0, Outcome::kFailure, 100);
  EXPECT_FALSE(Ejected(0));
}

TEST_F(OutlierEjectorTest, CallsThatEndWhileEjectedDoNotProlong) {
  Make(2);
  Record(0, Outcome::kFailure, 5);
  clock_.Advance(seconds(2));
  Record(0, Outcome::kFailure, 50);
  clock_.Advance(seconds(1));
  EXPECT_FALSE(Ejected(0));
}

TEST_F(OutlierEjectorTest, NeitherIsNotCounted) {
  Make(2);
  Record(0, Outcome::kNeither, 100);
  EXPECT_FALSE(Ejected(0));
}

TEST_F(OutlierEjectorTest, FrozenInstanceIsLeftOutByItsTimeouts) {
  Make(3);
  SeededRandom random(3);
  P2cBalancer balancer(clock_, random, ejector_);
  balancer.Update(nodes_);
  for (int i = 0; i < 200; ++i) {
    auto pick = balancer.Choose({});
    const bool frozen = &pick->instance() == nodes_[0].get();
    clock_.Advance(milliseconds(frozen ? 1000 : 10));
    pick->Tell(frozen ? Outcome::kFailure : Outcome::kSuccess);  // kDeadlineExceeded is a failure
    if (Ejected(0)) break;
  }
  ASSERT_TRUE(Ejected(0));
  for (int i = 0; i < 200; ++i) EXPECT_NE(&balancer.Choose({})->instance(), nodes_[0].get());
}

}  // namespace
}  // namespace vedette
