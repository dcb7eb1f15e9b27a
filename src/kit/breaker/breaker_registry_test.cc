// SPDX-License-Identifier: Apache-2.0
#include "kit/breaker/breaker_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

using testing::HasSubstr;
using testing::Not;

const MetricLabels kTrial = {{"kind", "client"}, {"name", "trial"}};
const MetricLabels kRule = {{"kind", "client"}, {"name", "rule"}};

void Fail(Breaker& breaker, int times) {
  for (int i = 0; i < times; ++i) {
    Result<Breaker::Permit> permit = breaker.Allow();
    if (permit) permit->End(Outcome::kFailure);
  }
}

class BreakerRegistryTest : public testing::Test {
 protected:
  BreakerRegistry Make(BreakerRegistryOptions options) {
    return BreakerRegistry(std::move(options), clock_, random_, metrics_);
  }

  FakeClock clock_;
  SeededRandom random_{1};
  MetricsRegistry metrics_;
};

TEST_F(BreakerRegistryTest, OneNameIsOneBreaker) {  // K16
  BreakerRegistry registry = Make({});
  const auto first = registry.Get("trial@10.0.0.1", kTrial);
  EXPECT_EQ(registry.Get("trial@10.0.0.1", kTrial), first);
  EXPECT_NE(registry.Get("trial@10.0.0.2", kTrial), first);
  EXPECT_EQ(first->name(), "trial@10.0.0.1");
}

TEST_F(BreakerRegistryTest, OneThatIsDisabledNeverOpens) {  // K14
  BreakerRegistryOptions options;
  options.disabled = {"trial"};
  BreakerRegistry registry = Make(options);
  Fail(*registry.Get("trial", kTrial), 10'000);
  Fail(*registry.Get("rule", kRule), 10'000);
  EXPECT_THAT(metrics_.Expose(),
              HasSubstr("vedette_breaker_refused_total{kind=\"client\",name=\"trial\"} 0\n"));
  EXPECT_THAT(metrics_.Expose(),
              Not(HasSubstr("vedette_breaker_refused_total{kind=\"client\",name=\"rule\"} 0\n")));
}

TEST_F(BreakerRegistryTest, BreakersOfTheSameLabelsAddUp) {
  BreakerRegistry registry = Make({});
  const auto well = registry.Get("trial@10.0.0.1", kTrial);
  const auto ill = registry.Get("trial@10.0.0.2", {kTrial[1], kTrial[0]});  // in any order
  well->Allow()->End(Outcome::kSuccess);
  Fail(*ill, 5);
  const std::string labels = "{kind=\"client\",name=\"trial\"} ";
  EXPECT_THAT(metrics_.Expose(), HasSubstr("vedette_breaker_allowed_total" + labels + "6\n"));
  EXPECT_THAT(metrics_.Expose(), HasSubstr("vedette_breaker_failed_total" + labels + "5\n"));
  EXPECT_THAT(metrics_.Expose(), HasSubstr("vedette_breaker_refused_total" + labels + "0\n"));
  EXPECT_THAT(metrics_.Expose(), HasSubstr("vedette_breaker_refusal_probability" + labels + "0\n"));
  Fail(*ill, 1);  // (6 − 5) / 7, the larger of both
  EXPECT_THAT(metrics_.Expose(),
              HasSubstr("vedette_breaker_refusal_probability" + labels + "0.14285714285714285\n"));
}

TEST_F(BreakerRegistryTest, ListsAllByName) {
  BreakerRegistry registry = Make({});
  Fail(*registry.Get("trial", kTrial), 2);
  registry.Get("rule", kRule);
  const auto entries = registry.Snapshot();
  ASSERT_EQ(entries.size(), 2);
  EXPECT_EQ(entries[0].name, "rule");
  EXPECT_EQ(entries[0].state.total, 0);
  EXPECT_EQ(entries[1].name, "trial");
  EXPECT_EQ(entries[1].state.failed, 2);
}

TEST_F(BreakerRegistryTest, AtTheLimitItForgetsThoseThatNobodyHolds) {
  BreakerRegistryOptions options;
  options.limit = 2;
  BreakerRegistry registry = Make(options);
  const auto held = registry.Get("a", kTrial);
  registry.Get("b", kTrial);
  const auto third = registry.Get("c", kTrial);
  ASSERT_EQ(registry.Snapshot().size(), 2);
  EXPECT_EQ(registry.Snapshot()[0].name, "a");
  EXPECT_EQ(registry.Snapshot()[1].name, "c");
  EXPECT_EQ(registry.Get("a", kTrial), held);

  // All are held: the next one works, unlisted.
  const auto fourth = registry.Get("d", kTrial);
  EXPECT_EQ(registry.Snapshot().size(), 2);
  EXPECT_NE(registry.Get("d", kTrial), fourth);
  EXPECT_TRUE(fourth->Allow());
}

TEST_F(BreakerRegistryTest, ItsMetricsOutliveIt) {
  {
    BreakerRegistry registry = Make({});
    Fail(*registry.Get("trial", kTrial), 100);
  }
  EXPECT_THAT(metrics_.Expose(),
              HasSubstr("vedette_breaker_refusal_probability{kind=\"client\",name=\"trial\"} 0\n"));
}

}  // namespace
}  // namespace vedette
