// SPDX-License-Identifier: Apache-2.0
#include "rules/live/site_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "rules/check/test_catalog.h"
#include "rules/clinical/kri.h"
#include "rules/live/engine.h"

namespace vedette::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Seconds kFirst = 1'700'006'400;  // 2023-11-15 00:00

class SiteRulesTest : public ::testing::Test {
 protected:
  void Define(const std::function<void(RuleDefinition*)>& change = {}) {
    RuleDefinition rule;
    rule.rule_id = "FEW-AE";
    rule.study_id = TestCatalog()->study_id;
    rule.title = "Few adverse events";
    rule.scope = EvaluationScope::kSite;
    rule.when = "kri(\"AE_RATE\").z <= -1.0";
    if (change) {
      change(&rule);
    }
    auto compiled = CompileRule(std::move(rule), TestCatalog());
    ASSERT_TRUE(compiled);
    rules_.push_back({.rule = *compiled, .version_id = "v1"});
  }

  // One day at which site 701 has so many events in 100 days, the others 20 each; takes what is
  // told on file. What was told, as "kind site".
  std::vector<std::string> Day(int day, double events, double days = 100) {
    KriSums sums(TestCatalog()->kris.size());
    const std::vector<std::string> sites{"701", "702", "703"};
    for (const std::string& site : sites) {
      const RateCount count = site == "701" ? RateCount{events, days} : RateCount{20, 100};
      sums.Add(0, site, count);
    }
    const KriTable kris(*TestCatalog(), sums);
    const Seconds at = kFirst + day * kDay;
    std::vector<std::string> told;
    for (const SiteTransition& one :
         JudgeSites({.study = study_, .kris = kris, .day = at, .now = at + 60}, rules_, sites,
                    on_file_, &runs_)) {
      const auto known = std::ranges::find_if(on_file_, [&](const SiteAlert& alert) {
        return alert.alert.id == one.transition.alert.id;
      });
      if (known != on_file_.end()) {
        known->alert = one.transition.alert;
      } else {
        on_file_.push_back({one.site_id, one.transition.alert});
      }
      constexpr const char* kKinds[] = {"raised",       "evidence",  "recovering", "resolved",
                                        "firing again", "retracted", "superseded"};
      told.push_back(std::string(kKinds[static_cast<int>(one.transition.kind)]) + " " +
                     one.site_id);
    }
    return told;
  }
  void Restart() { runs_.clear(); }

  StudyContext study_{TestCatalog()};
  std::vector<TimedRule> rules_;
  std::vector<SiteAlert> on_file_;
  SiteRuns runs_;
};

TEST_F(SiteRulesTest, OpensStaysAndResolves) {
  Define();
  EXPECT_THAT(Day(0, 20), IsEmpty());
  EXPECT_THAT(Day(1, 2), ElementsAre("raised 701"));
  EXPECT_EQ(on_file_[0].alert.id,
            AlertId(TestCatalog()->study_id, "FEW-AE", "701", kFirst + kDay, 0));
  EXPECT_THAT(Day(2, 1), IsEmpty());
  EXPECT_THAT(Day(3, 20), ElementsAre("resolved 701"));
  EXPECT_EQ(on_file_[0].alert.resolved, kFirst + 3 * kDay);
  EXPECT_EQ(on_file_[0].alert.last, kFirst + 2 * kDay);
  EXPECT_EQ(on_file_[0].alert.anchors, 2U);
  EXPECT_THAT(Day(4, 2), ElementsAre("raised 701"));
  EXPECT_EQ(on_file_.size(), 2U);
}

TEST_F(SiteRulesTest, BelowTheSmallestDenominatorNothingIsKnownAndAnOpenAlertStays) {
  Define();
  EXPECT_THAT(Day(0, 0, 29), IsEmpty());
  EXPECT_THAT(Day(1, 2), ElementsAre("raised 701"));
  EXPECT_THAT(Day(2, 6, 29), IsEmpty());
  EXPECT_EQ(on_file_[0].alert.detection, Detection::kFiring);
}

TEST_F(SiteRulesTest, ARestartOnTheSameDayOrALaterOneTellsNothingNew) {
  Define();
  EXPECT_THAT(Day(1, 2), ElementsAre("raised 701"));
  EXPECT_THAT(Day(1, 2), IsEmpty());
  Restart();
  EXPECT_THAT(Day(1, 2), IsEmpty());
  Restart();
  EXPECT_THAT(Day(2, 2), IsEmpty());
  Restart();
  EXPECT_THAT(Day(3, 20), ElementsAre("resolved 701"));
  Restart();
  EXPECT_THAT(Day(3, 20), IsEmpty());
}

TEST_F(SiteRulesTest, WhatResolvedOnItsFirstDayAndComesBackIsTheSameAlert) {
  Define();
  EXPECT_THAT(Day(1, 2), ElementsAre("raised 701"));
  EXPECT_THAT(Day(1, 20), ElementsAre("resolved 701"));
  EXPECT_THAT(Day(1, 2), ElementsAre("firing again 701"));
  EXPECT_EQ(on_file_.size(), 1U);
}

TEST_F(SiteRulesTest, WaitsAsLongAsForAsksAndKeepsFiring) {
  Define([](RuleDefinition* rule) {
    rule->for_ = 2 * kDay;
    rule->keep_firing_for = kDay;
  });
  EXPECT_THAT(Day(1, 2), IsEmpty());
  EXPECT_THAT(Day(2, 2), IsEmpty());
  EXPECT_THAT(Day(3, 2), ElementsAre("raised 701"));
  EXPECT_EQ(on_file_[0].alert.started, kFirst + kDay);
  EXPECT_EQ(on_file_[0].alert.fired, kFirst + 3 * kDay);
  EXPECT_THAT(Day(4, 20), ElementsAre("recovering 701"));
  EXPECT_THAT(Day(5, 2), ElementsAre("firing again 701"));
  EXPECT_THAT(Day(6, 20), ElementsAre("recovering 701"));
  EXPECT_THAT(Day(7, 20), IsEmpty());
  EXPECT_THAT(Day(8, 20), ElementsAre("resolved 701"));
  EXPECT_EQ(on_file_[0].alert.resolved, kFirst + 7 * kDay);
}

TEST_F(SiteRulesTest, AStepThatWasUndoneIsToldAgain) {
  Define([](RuleDefinition* rule) { rule->keep_firing_for = kDay; });
  EXPECT_THAT(Day(1, 2), ElementsAre("raised 701"));
  EXPECT_THAT(Day(2, 20), ElementsAre("recovering 701"));
  const auto before = on_file_;
  EXPECT_THAT(Day(9, 2), ElementsAre("resolved 701", "raised 701"));
  on_file_ = before;
  EXPECT_THAT(Day(9, 2), ElementsAre("firing again 701"));
  EXPECT_EQ(on_file_.size(), 1U);
}

TEST_F(SiteRulesTest, EachDayIsItsOwnWhereTheRuleSaysSo) {
  Define([](RuleDefinition* rule) { rule->dedupe = Dedupe::kDay; });
  EXPECT_THAT(Day(1, 2), ElementsAre("raised 701"));
  EXPECT_THAT(Day(1, 2), IsEmpty());
  EXPECT_THAT(Day(2, 2), ElementsAre("raised 701"));
}

TEST_F(SiteRulesTest, TheEndOfAVersionEndsItsAlerts) {
  Define();
  EXPECT_THAT(Day(1, 2), ElementsAre("raised 701"));
  rules_[0].until = kFirst + 2 * kDay;
  EXPECT_THAT(Day(2, 2), ElementsAre("superseded 701"));
  EXPECT_THAT(Day(3, 2), IsEmpty());
}

TEST_F(SiteRulesTest, ARuleOfTheStudyIsJudgedOnce) {
  Define([](RuleDefinition* rule) {
    rule->scope = EvaluationScope::kStudy;
    rule->when = "kri(\"AE_RATE\").rate < 0.15";
  });
  EXPECT_THAT(Day(1, 20), IsEmpty());
  EXPECT_THAT(Day(2, 2), ElementsAre("raised "));
  EXPECT_THAT(Day(3, 20), ElementsAre("resolved "));
}

TEST(ItemsOfKrisTest, AreTheFormsCountedAndTheDaysOnStudy) {
  std::vector<std::string> names;
  for (const std::uint32_t item : ItemsOfKris(*TestCatalog())) {
    names.push_back(TestCatalog()->items[item].name);
  }
  EXPECT_THAT(names, ::testing::IsSupersetOf({"AETERM", "AESER", "AESTDT", "first_dose"}));
  EXPECT_THAT(names, ::testing::Not(::testing::Contains("sex")));
  EXPECT_THAT(names, ::testing::Not(::testing::Contains("CMTRT")));
}

}  // namespace
}  // namespace vedette::rules
