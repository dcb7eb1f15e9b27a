// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/check/test_catalog.h"
#include "rules/envelope/envelope.h"
#include "rules/rule.h"

namespace vedette::rules {
namespace {

using testing::Contains;
using testing::ElementsAre;

RuleDefinition Simple() { return {.rule_id = "A", .title = "t", .when = "vs.SYSBP.value > 180.0"}; }

std::vector<std::string> CodesOf(RuleDefinition definition) {
  std::vector<std::string> codes;
  const auto rule = CompileRule(std::move(definition), TestCatalog());
  if (!rule) {
    for (const Diagnostic& mistake : rule.error()) codes.push_back(mistake.code);
  }
  return codes;
}

std::vector<std::string> AnchorsOf(RuleDefinition definition) {
  std::vector<std::string> names;
  const auto rule = CompileRule(std::move(definition), TestCatalog());
  if (!rule) return {rule.error()[0].message};
  for (const std::uint32_t item : (*rule)->anchors()) {
    names.push_back(TestCatalog()->items[item].name);
  }
  return names;
}

TEST(CompileRuleTest, AnchorsAreThoseNamedElseThoseRead) {
  RuleDefinition rule = Simple();
  EXPECT_THAT(AnchorsOf(rule), ElementsAre("vs.SYSBP"));
  rule.when = "vs.SYSBP.value > 180.0 && lab.K.value < 3.0";
  EXPECT_THAT(AnchorsOf(rule), ElementsAre("vs.SYSBP", "lab.K"));
  rule.on = {"lab.K"};
  EXPECT_THAT(AnchorsOf(rule), ElementsAre("lab.K"));
  rule.on.clear();
  rule.when = "vs.SYSBP.value > 180.0";
  rule.resolve_when = "vs.DIABP.value < 80.0";
  EXPECT_THAT(AnchorsOf(rule), ElementsAre("vs.SYSBP", "vs.DIABP"));
}

TEST(CompileRuleTest, MistakesCarryTheirField) {
  RuleDefinition rule = Simple();
  rule.when = "vs.SYSPB.value > 180.0";
  EXPECT_THAT(CodesOf(rule), ElementsAre("unknown_item"));
  rule = Simple();
  rule.resolve_when = "vs.SYSPB.value > 180.0";
  EXPECT_THAT(CodesOf(rule), ElementsAre("resolve_when/unknown_item"));
  rule = Simple();
  rule.explain = "value {vs.SYSPB.value}";
  EXPECT_THAT(CodesOf(rule), ElementsAre("explain/unknown_item"));
  rule.explain = "value {vs.SYSBP.value:date}";
  EXPECT_THAT(CodesOf(rule), ElementsAre("explain/wrong_type"));
  rule.explain = "value {vs.SYSBP.value";
  EXPECT_THAT(CodesOf(rule), ElementsAre("explain/open_brace"));
}

TEST(CompileRuleTest, SpansOfTemplatesAreWithinTheTemplate) {
  RuleDefinition rule = Simple();
  rule.explain = "value {vs.SYSPB.value}";
  const auto compiled = CompileRule(rule, TestCatalog());
  ASSERT_FALSE(compiled.has_value());
  const Span span = compiled.error()[0].span;
  EXPECT_TRUE(rule.explain.substr(span.begin).starts_with("vs.SYSPB")) << span.begin;
}

TEST(CompileRuleTest, ScopeAndTriggersHaveToFit) {
  RuleDefinition rule = Simple();
  rule.scope = EvaluationScope::kRow;
  EXPECT_THAT(CodesOf(rule), ElementsAre("each/missing"));
  rule.each_form = "AEX";
  EXPECT_THAT(CodesOf(rule), ElementsAre("each/unknown_form"));
  rule = Simple();
  rule.each_form = "AE";
  EXPECT_THAT(CodesOf(rule), ElementsAre("each/not_by_row"));
  rule = Simple();
  rule.on = {"vs.SYSPB", "form.AX", "timer"};
  EXPECT_THAT(CodesOf(rule), ElementsAre("on/unknown_item", "on/unknown_form"));
  rule = Simple();
  rule.units = {{"vs.SYSPB", "mmHg"}};
  EXPECT_THAT(CodesOf(rule), ElementsAre("units/unknown_item"));
  rule = Simple();
  rule.when = "subject.age > 100.0";
  EXPECT_THAT(CodesOf(rule), ElementsAre("on/nothing_to_judge"));
}

TEST(CompileRuleTest, HandlingHasToFit) {
  RuleDefinition rule = Simple();
  rule.dedupe = Dedupe::kAnchor;
  rule.keep_firing_for = kDay;
  EXPECT_THAT(CodesOf(rule), ElementsAre("dedupe/no_episode"));
  rule = Simple();
  rule.clock_start = "first_know";
  rule.clock_due = kDay;
  rule.escalate = {{2 * kDay, "safety"}};
  EXPECT_THAT(CodesOf(rule), ElementsAre("clock/unknown_start", "clock/late_escalation"));
}

TEST(CompileRuleTest, WhatTheExplanationReadsIsKeptAndTaints) {
  RuleDefinition rule = Simple();
  EXPECT_FALSE((*CompileRule(rule, TestCatalog()))->facts().unblinding);
  rule.explain = "arm {subject.arm}, potassium {lab.K.value}";
  const auto compiled = CompileRule(rule, TestCatalog());
  ASSERT_TRUE(compiled.has_value());
  EXPECT_TRUE((*compiled)->facts().unblinding);
  const std::uint32_t potassium = TestCatalog()->IndexOf(*TestCatalog()->FindSeries("lab.K"));
  EXPECT_THAT((*compiled)->facts().items, Contains(potassium));
  EXPECT_EQ((*compiled)->anchors().size(), 1U);
}

TEST(CompileRuleTest, TheHashIsThatOfTheDefinition) {
  const auto compiled = CompileRule(Simple(), TestCatalog());
  ASSERT_TRUE(compiled.has_value());
  EXPECT_EQ((*compiled)->content_hash(), ContentHash(Simple()));
}

}  // namespace
}  // namespace vedette::rules
