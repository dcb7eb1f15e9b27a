// SPDX-License-Identifier: Apache-2.0
#include "rules/live/site_rules.h"

#include <gtest/gtest.h>

#include "rules/check/test_catalog.h"

namespace vedette::rules {
namespace {

constexpr Seconds kMidnight = 1'700'006'400;

class Rates final : public KriSource {
 public:
  std::optional<KriValue> Value(std::uint32_t, std::string_view site_id) const override {
    const auto found = scores.find(std::string(site_id));
    if (found == scores.end()) {
      return std::nullopt;
    }
    return KriValue{.score = found->second, .rate = 0.1, .numerator = 4, .denominator = 40};
  }
  std::map<std::string, double> scores;
};

TimedRule Compiled(const std::string& when, EvaluationScope scope = EvaluationScope::kSite) {
  RuleDefinition rule;
  rule.rule_id = "KRI-01";
  rule.study_id = "STUDY-1";
  rule.title = "Under-reporting";
  rule.scope = scope;
  rule.on = {"daily"};
  rule.when = when;
  auto compiled = CompileRule(rule, TestCatalog());
  EXPECT_TRUE(compiled.has_value()) << compiled.error()[0].message;
  return {.rule = *compiled, .from = INT64_MIN};
}

constexpr const char* kLow = "kri(\"AE_RATE\").z <= -2.0 && kri(\"AE_RATE\").denominator >= 30.0";

class SiteRulesTest : public ::testing::Test {
 protected:
  std::vector<SiteRules::SiteTransition> Day(SiteRules* rules, int day) {
    std::vector<SiteRules::SiteTransition> transitions;
    rules->JudgeDay(kMidnight + day * kDay, sites_, rates_, &transitions);
    return transitions;
  }
  std::vector<std::string> sites_{"01", "02"};
  Rates rates_;
};

TEST_F(SiteRulesTest, ASiteIsRaisedOnceAndResolvedWhenItRecovers) {
  SiteRules rules(TestCatalog(), {Compiled(kLow)});
  rates_.scores = {{"01", -2.5}, {"02", 0.3}};
  const auto raised = Day(&rules, 0);
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised[0].site_id, "01");
  EXPECT_EQ(raised[0].transition.kind, TransitionKind::kRaised);
  EXPECT_EQ(raised[0].transition.alert.fired, kMidnight);
  EXPECT_TRUE(Day(&rules, 1).empty());
  // Without a score nothing is known, and nothing changes.
  rates_.scores.erase("01");
  EXPECT_TRUE(Day(&rules, 2).empty());
  rates_.scores["01"] = -1;
  const auto resolved = Day(&rules, 3);
  ASSERT_EQ(resolved.size(), 1U);
  EXPECT_EQ(resolved[0].transition.kind, TransitionKind::kResolved);
  EXPECT_EQ(resolved[0].transition.alert.resolved, kMidnight + 3 * kDay);
  EXPECT_TRUE(rules.Detected("01").empty());
}

TEST_F(SiteRulesTest, ARestartContinuesWhatIsOnFile) {
  rates_.scores = {{"01", -2.5}};
  SiteRules before(TestCatalog(), {Compiled(kLow)});
  Day(&before, 0);
  const auto on_file = before.Detected("01");
  ASSERT_EQ(on_file.size(), 1U);
  SiteRules after(TestCatalog(), {Compiled(kLow)});
  after.Restore("01", on_file[0]);
  EXPECT_TRUE(Day(&after, 1).empty());
  EXPECT_EQ(after.Detected("01")[0].id, on_file[0].id);
  EXPECT_EQ(after.Detected("01")[0].anchors, 2U);
  rates_.scores["01"] = 0;
  EXPECT_EQ(Day(&after, 2)[0].transition.kind, TransitionKind::kResolved);
}

TEST_F(SiteRulesTest, AVersionEndsWithItsAlerts) {
  TimedRule rule = Compiled(kLow);
  rule.until = kMidnight + 2 * kDay;
  SiteRules rules(TestCatalog(), {rule});
  rates_.scores = {{"01", -2.5}};
  Day(&rules, 0);
  const auto ended = Day(&rules, 2);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].transition.kind, TransitionKind::kSuperseded);
  EXPECT_TRUE(Day(&rules, 3).empty());
}

TEST_F(SiteRulesTest, TheStudyIsASiteWithoutName) {
  SiteRules rules(TestCatalog(),
                  {Compiled("kri(\"AE_RATE\").numerator >= 3.0", EvaluationScope::kStudy)});
  rates_.scores = {{"", 0}};
  const auto raised = Day(&rules, 0);
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised[0].site_id, "");
}

TEST(SiteRules, MidnightIsAlwaysAhead) {
  EXPECT_EQ(SiteRules::NextMidnight(0), kDay);
  EXPECT_EQ(SiteRules::NextMidnight(kDay - 1), kDay);
  EXPECT_EQ(SiteRules::NextMidnight(-1), 0);
}

}  // namespace
}  // namespace vedette::rules
