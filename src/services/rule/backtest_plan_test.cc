// SPDX-License-Identifier: Apache-2.0
#include "services/rule/backtest_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/envelope/envelope.h"
#include "services/rule/authoring.h"
#include "services/rule/backtest_test_support.h"
#include "services/rule/messages.h"

namespace vedette::rule {
namespace {

using ::testing::ElementsAre;

class BacktestPlanTest : public ::testing::Test {
 protected:
  RuleVersion Version(const std::string& rule,
                      std::int32_t number,
                      RuleStatus status,
                      const std::string& when) {
    auto checked = CheckOneRule(
        "rule: " + rule + "\ntitle: x\nseverity: info\nwhen: |-\n  " + when + "\n", rule, catalog_);
    auto definition = checked->rule->definition();
    definition.version = number;
    checked = CheckOneRule(rules::CanonicalText(definition), rule, catalog_);
    RuleVersion version = Describe(*checked, *catalog_);
    version.version = number;
    version.status = status;
    return version;
  }
  RuleVersion High(std::int32_t number, RuleStatus status) {
    return Version("HIGH", number, status, "vs.SYSBP.value > 14" + std::to_string(number) + ".0");
  }
  Result<BacktestPlan> Plan(BacktestOrder order, const std::vector<RuleVersion>& versions) {
    return PlanBacktest(std::move(order), catalog_, versions);
  }

  const std::shared_ptr<const rules::Catalog> catalog_ = FixedCatalog().catalog();
};

TEST_F(BacktestPlanTest, ASettledOrderMeansTheSameLater) {
  const std::vector<RuleVersion> now{High(1, RuleStatus::kRetired), High(2, RuleStatus::kActive),
                                     High(3, RuleStatus::kDraft)};
  const auto plan = Plan({.rule_id = "HIGH", .as_known = true}, now);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->order,
            (BacktestOrder{.rule_id = "HIGH", .version = 3, .as_known = true, .compare_with = 2}));
  EXPECT_EQ(plan->rule->definition().version, 3);
  EXPECT_EQ(plan->earlier->definition().version, 2);

  const std::vector<RuleVersion> later{High(1, RuleStatus::kRetired), High(2, RuleStatus::kRetired),
                                       High(3, RuleStatus::kRetired), High(4, RuleStatus::kActive),
                                       High(5, RuleStatus::kDraft)};
  const auto again = Plan(plan->order, later);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->order, plan->order);
  EXPECT_EQ(again->rule->content_hash(), plan->rule->content_hash());
  EXPECT_EQ(again->earlier->content_hash(), plan->earlier->content_hash());
}

TEST_F(BacktestPlanTest, WhatWasComparedWithNothingStaysSo) {
  const auto plan = Plan({.rule_id = "HIGH"}, {High(1, RuleStatus::kDraft)});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->order.compare_with, kNoComparison);
  const auto again = Plan(plan->order, {High(1, RuleStatus::kDraft), High(2, RuleStatus::kActive)});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->order, plan->order);
  EXPECT_EQ(again->earlier, nullptr);
}

TEST_F(BacktestPlanTest, AnEnvelopeIsNoVersion) {
  const auto plan =
      Plan({.version = 7,
            .envelope = "rule: X\ntitle: x\nseverity: info\nwhen: vs.SYSBP.value < 140.0\n"},
           {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->order.rule_id, "X");
  EXPECT_EQ(plan->order.version, 0);
  EXPECT_THAT(ItemsOf(*plan), ElementsAre("SYSBP", "ARM"));
}

TEST_F(BacktestPlanTest, RefusesWhatIsNotThere) {
  EXPECT_EQ(Plan({.rule_id = "NONE"}, {}).error().code, Code::kNotFound);
  const auto plan = Plan({.rule_id = "HIGH", .compare_with = 9}, {High(1, RuleStatus::kDraft)});
  EXPECT_EQ(plan.error().violations.at(0).field, "compareWith");
}

TEST_F(BacktestPlanTest, TheOverlapTellsTheTreatmentOnlyWhereTheRuleDoes) {
  const std::vector<RuleVersion> versions{
      High(1, RuleStatus::kDraft), Version("LOW", 1, RuleStatus::kActive, "vs.SYSBP.value < 90.0"),
      Version("OLD", 1, RuleStatus::kRetired, "vs.SYSBP.value < 80.0"),
      Version("ARM", 1, RuleStatus::kActive,
              "vs.SYSBP.value > 150.0 && subject.arm == \"ACTIVE\"")};
  const auto blinded = Plan({.rule_id = "HIGH"}, versions);
  ASSERT_TRUE(blinded);
  EXPECT_FALSE(blinded->unblinding);
  ASSERT_EQ(blinded->active.size(), 1U);
  EXPECT_EQ(blinded->active[0]->definition().rule_id, "LOW");
  const auto unblinded = Plan({.rule_id = "ARM"}, versions);
  ASSERT_TRUE(unblinded);
  EXPECT_TRUE(unblinded->unblinding);
}

TEST_F(BacktestPlanTest, AnOrderTravelsUnchanged) {
  const BacktestOrder order{.rule_id = "HIGH",
                            .version = 3,
                            .envelope = "rule: HIGH\n",
                            .as_known = true,
                            .compare_with = kNoComparison};
  v1::StartBacktestRequest message;
  ASSERT_TRUE(message.ParseFromString(ToProto("S1", order).SerializeAsString()));
  EXPECT_EQ(message.study_id(), "S1");
  EXPECT_EQ(OrderOf(message), order);
}

}  // namespace
}  // namespace vedette::rule
