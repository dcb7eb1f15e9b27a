// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/rule_test_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "rules/check/test_catalog.h"

namespace vedette::rules {
namespace {

using testing::HasSubstr;

RuleTestResult RunOne(RuleDefinition definition, RuleTest test) {
  definition.rule_id = "A";
  definition.title = "t";
  definition.tests = {std::move(test)};
  const auto rule = CompileRule(std::move(definition), TestCatalog());
  EXPECT_TRUE(rule.has_value()) << (rule ? "" : rule.error()[0].message);
  return RunRuleTests(*rule, TestCatalog())[0];
}

RuleDefinition High() { return {.when = "vs.SYSBP.value > 180.0"}; }

TEST(RuleTestRunnerTest, FollowsAnAlertThroughItsLife) {
  const RuleTestResult result =
      RunOne(High(), {.given = {{"vs.SYSBP", "D2", "190"}, {"SYSBP", "D4", "120"}},
                      .expect = {{"D1", "inactive"},
                                 {"D2", "firing"},
                                 {"D3", "firing"},
                                 {"D4", "resolved"},
                                 {"", "resolved"}}});
  EXPECT_TRUE(result.passed) << result.message;
}

TEST(RuleTestRunnerTest, ACorrectionRetractsAndAWithdrawalToo) {
  TestGiven correction{.item = "vs.SYSBP", .at = "D2", .value = "120", .known = "D5"};
  RuleTest test{.given = {{"vs.SYSBP", "D2", "190"}, correction},
                .expect = {{"D3", "firing"}, {"D5", "retracted"}}};
  EXPECT_TRUE(RunOne(High(), test).passed);
  test.given[1].value.clear();
  EXPECT_TRUE(RunOne(High(), test).passed);
}

TEST(RuleTestRunnerTest, SaysWhatWasFoundInstead) {
  const RuleTestResult result =
      RunOne(High(), {.given = {{"vs.SYSBP", "D2", "170"}}, .expect = {{"D2", "firing"}}});
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.name, "test 1");
  EXPECT_EQ(result.message, "expected firing at D2, found inactive: vs.SYSBP.value is 170 mmHg");
}

TEST(RuleTestRunnerTest, WhatIsMissingIsNotEvaluable) {
  const RuleDefinition rule{.when = "lab.ALT.xuln > 3.0"};
  const RuleTestResult result =
      RunOne(rule, {.given = {{"lab.ALT", "D1", "500"}}, .expect = {{"", "not_evaluable"}}});
  EXPECT_TRUE(result.passed) << result.message;
}

TEST(RuleTestRunnerTest, ForHoldsAnAlertPending) {
  RuleDefinition rule = High();
  rule.for_ = 2 * kDay;
  const RuleTestResult result =
      RunOne(rule, {.given = {{"vs.SYSBP", "D1", "190"}, {"vs.SYSBP", "D4", "191"}},
                    .expect = {{"D2", "pending"}, {"D4", "firing"}}});
  EXPECT_TRUE(result.passed) << result.message;
}

TEST(RuleTestRunnerTest, MistakesOfATestAreTold) {
  const auto message = [](TestGiven given) {
    return RunOne(High(), {.given = {std::move(given)}, .expect = {{"", "firing"}}}).message;
  };
  EXPECT_THAT(message({"vs.SYSPB", "D1", "1"}), HasSubstr("did you mean 'vs.SYSBP'?"));
  EXPECT_THAT(message({"vs.SYSBP", "D1", "high"}), HasSubstr("takes a number"));
  EXPECT_THAT(message({"subject.first_dose", "D1", "soon"}), HasSubstr("takes a time"));
  EXPECT_THAT(message({"subject.childbearing", "D1", "yes"}), HasSubstr("true or false"));
}

}  // namespace
}  // namespace vedette::rules
