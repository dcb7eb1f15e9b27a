// SPDX-License-Identifier: Apache-2.0
#include "kit/shed/degradation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/shed/cpu_reader.h"
#include "kit/shed/shedder.h"
#include "kit/telemetry/metrics.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class DegradationTest : public testing::Test {
 protected:
  DegradationTest() {
    degradation_.Declare("preview");
    degradation_.Declare("enrichment");
    degradation_.Declare("preview");
  }

  // Has the shedder refuse a call of this class: 100 fly where it never served any.
  void Overload(RateClass rate_class) {
    cpu_.Set(0);
    std::vector<Shedder::Permit> flights;
    for (int i = 0; i < 200; ++i) {
      shedder_.Admit(rate_class)->Fail();
      if (i < 100) flights.push_back(*shedder_.Admit(rate_class));
    }
    cpu_.Set(1000);
    EXPECT_FALSE(shedder_.Admit(rate_class));
    cpu_.Set(0);
  }

  FakeClock clock_;
  FixedCpuReader cpu_{0};
  MetricsRegistry metrics_;
  Shedder shedder_{{}, cpu_, clock_, metrics_};
  Degradation degradation_{&shedder_, metrics_};
};

TEST_F(DegradationTest, EverythingIsOnAtFirst) {
  EXPECT_FALSE(degradation_.IsOff("preview"));
  EXPECT_TRUE(degradation_.Check("enrichment"));
  EXPECT_FALSE(degradation_.IsOff("unheard of"));
  EXPECT_TRUE(degradation_.Check(""));
}

TEST_F(DegradationTest, FollowsSheddingOfAnyClass) {
  for (const RateClass rate_class : kRateClasses) {
    Overload(rate_class);
    EXPECT_TRUE(degradation_.IsOff("preview")) << RateClassName(rate_class);
    EXPECT_FALSE(degradation_.IsOff("unheard of"));
    clock_.Advance(1s);
    EXPECT_FALSE(degradation_.IsOff("preview"));
  }
}

TEST_F(DegradationTest, ARefusalSaysWhatIsOffAndWhenToComeBack) {
  Overload(RateClass::kReport);
  const Status refused = degradation_.Check("preview");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_EQ(refused.error().message, "preview is switched off for now");
  EXPECT_EQ(refused.error().retry_after, 5s);
  EXPECT_THAT(metrics_.Expose(),
              HasSubstr("vedette_degradation_refused_total{feature=\"preview\"} 1\n"));
  EXPECT_THAT(metrics_.Expose(),
              HasSubstr("vedette_degradation_refused_total{feature=\"enrichment\"} 0\n"));
}

TEST_F(DegradationTest, TheHandWinsOverTheLoad) {
  ASSERT_TRUE(degradation_.SetManual({"preview"}, {"enrichment"}));
  EXPECT_TRUE(degradation_.IsOff("preview"));
  EXPECT_EQ(degradation_.Check("preview").error().retry_after, 60s);
  Overload(RateClass::kReport);
  EXPECT_FALSE(degradation_.IsOff("enrichment"));
  EXPECT_TRUE(degradation_.Check("enrichment"));

  ASSERT_TRUE(degradation_.SetManual({}, {}));
  EXPECT_TRUE(degradation_.IsOff("enrichment"));
  clock_.Advance(1s);
  EXPECT_FALSE(degradation_.IsOff("preview"));
}

TEST_F(DegradationTest, AListThatIsWrongChangesNothing) {
  ASSERT_TRUE(degradation_.SetManual({"preview"}, {}));
  const Status unknown = degradation_.SetManual({}, {"enrichment", "unheard of"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::kInvalidArgument);
  EXPECT_EQ(unknown.error().violations.at(0).field, "always_on[1]");
  EXPECT_FALSE(degradation_.SetManual({"unheard of"}, {}));
  EXPECT_FALSE(degradation_.SetManual({"enrichment"}, {"enrichment"})) << "both at once";
  EXPECT_TRUE(degradation_.IsOff("preview"));
  EXPECT_FALSE(degradation_.IsOff("enrichment"));
}

TEST_F(DegradationTest, IsListedAndExported) {
  ASSERT_TRUE(degradation_.SetManual({"preview"}, {}));
  const auto features = degradation_.Snapshot();
  ASSERT_EQ(features.size(), 2);
  EXPECT_EQ(features[0].name, "preview");
  EXPECT_TRUE(features[0].off);
  EXPECT_TRUE(features[0].by_hand);
  EXPECT_EQ(features[1].name, "enrichment");
  EXPECT_FALSE(features[1].off);
  EXPECT_FALSE(features[1].by_hand);
  EXPECT_THAT(metrics_.Expose(), HasSubstr("vedette_degradation_off{feature=\"preview\"} 1\n"));
  EXPECT_THAT(metrics_.Expose(), HasSubstr("vedette_degradation_off{feature=\"enrichment\"} 0\n"));
}

TEST(Degradation, WorksWithoutAShedder) {
  MetricsRegistry metrics;
  {
    Degradation degradation(nullptr, metrics);
    degradation.Declare("preview");
    EXPECT_FALSE(degradation.IsOff("preview"));
    ASSERT_TRUE(degradation.SetManual({"preview"}, {}));
    EXPECT_TRUE(degradation.IsOff("preview"));
  }
  EXPECT_THAT(metrics.Expose(), HasSubstr("vedette_degradation_off{feature=\"preview\"} NaN\n"));
}

TEST(Degradation, IsBounded) {
  MetricsRegistry metrics;
  Degradation degradation(nullptr, metrics);
  for (int i = 0; i < 64; ++i) degradation.Declare("feature" + std::to_string(i));
  EXPECT_THROW(degradation.Declare("one more"), std::logic_error);
  EXPECT_EQ(degradation.Snapshot().size(), 64);
}

}  // namespace
}  // namespace vedette
