// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/backtest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "rules/check/test_catalog.h"
#include "rules/syntax/diagnostic.h"

namespace vedette::rules {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

class BacktestTest : public testing::Test {
 protected:
  std::uint32_t Series(std::string_view name) const {
    return catalog_->IndexOf(*catalog_->FindSeries(name));
  }
  void Observe(std::string_view subject,
               std::string_view name,
               Seconds time,
               double value,
               double upper = std::numeric_limits<double>::quiet_NaN(),
               std::uint8_t flags = Observation::kNone) {
    const std::string site = subject < "C" ? "S1" : "S2";
    history_.Add(history_.Subject(subject, site), {.item = Series(name),
                                                   .key = ++key_,
                                                   .time = time,
                                                   .received = static_cast<Seconds>(key_),
                                                   .number = value,
                                                   .flags = flags,
                                                   .range_high = upper});
  }
  std::shared_ptr<const Rule> Compiled(RuleDefinition definition) const {
    definition.study_id = catalog_->study_id;
    if (definition.rule_id.empty()) {
      definition.rule_id = "R";
    }
    definition.title = "test";
    const std::string source = definition.when;
    auto rule = CompileRule(std::move(definition), catalog_);
    if (!rule) {
      for (const Diagnostic& diagnostic : rule.error()) {
        ADD_FAILURE() << diagnostic.code << ": " << Render(source, diagnostic);
      }
      return nullptr;
    }
    return *rule;
  }
  BacktestResult Run(RuleDefinition definition, BacktestOptions options = {}) {
    history_.Finish();
    return RunBacktest(Compiled(std::move(definition)), history_, options);
  }

  std::shared_ptr<const Catalog> catalog_ = TestCatalog();
  History history_{catalog_};
  std::uint64_t key_ = 0;
};

TEST_F(BacktestTest, RecordsAreCountedByDaySiteAndSubject) {
  Observe("A", "vs.SYSBP", 1 * kDay, 150);
  Observe("A", "vs.SYSBP", 1 * kDay + 60, 160);
  Observe("A", "vs.SYSBP", 2 * kDay, 120);
  Observe("A", "vs.SYSBP", 3 * kDay, 170);
  Observe("B", "vs.SYSBP", 3 * kDay, 141);
  Observe("C", "vs.SYSBP", 3 * kDay, 140);
  Observe("D", "vs.SYSBP", 4 * kDay, 141);
  const BacktestResult result = Run({.when = "vs.SYSBP.value > 140.0"});
  EXPECT_EQ(result.anchors, 7U);
  EXPECT_EQ(result.records, 5U);
  EXPECT_EQ(result.not_evaluable, 0U);
  EXPECT_EQ(result.subjects, 3U);
  EXPECT_EQ(result.days, 3U);
  ASSERT_THAT(result.alerts, SizeIs(4));
  EXPECT_EQ(result.alerts[0].alert.started, 1 * kDay);
  EXPECT_EQ(result.alerts[0].alert.resolved, 2 * kDay);
  EXPECT_EQ(result.alerts[0].alert.anchors, 2U);
  EXPECT_EQ(result.alerts[1].alert.detection, Detection::kFiring);
  const auto count = [](std::string key, std::uint64_t records, std::uint64_t alerts) {
    return testing::AllOf(Field(&BacktestCount::key, key), Field(&BacktestCount::records, records),
                          Field(&BacktestCount::alerts, alerts));
  };
  EXPECT_THAT(result.by_day, ElementsAre(count("1970-01-02", 2, 1), count("1970-01-04", 2, 2),
                                         count("1970-01-05", 1, 1)));
  EXPECT_THAT(result.by_site, ElementsAre(count("S1", 4, 3), count("S2", 1, 1)));
  EXPECT_THAT(result.by_subject, ElementsAre(count("A", 3, 2), count("B", 1, 1), count("D", 1, 1)));
  // 2 days of A and 1 of each other one, both ends counted: 3 + 1 + 1 + 1 days.
  EXPECT_NEAR(result.alerts_per_subject_month, 4 / (6 / 30.4375), 1e-9);
}

TEST_F(BacktestTest, WindowsOfTwoItemsAreJudgedAtTheAnchorsOfBoth) {
  Observe("A", "lab.ALT", 1 * kDay, 130, 40);
  Observe("A", "lab.TBILI", 9 * kDay, 50, 20);
  Observe("B", "lab.ALT", 1 * kDay, 130, 40);
  Observe("B", "lab.TBILI", 30 * kDay, 50, 20);
  const BacktestResult result = Run({.when = "lab.ALT.window(days(14)).max_xuln() >= 3.0 && "
                                             "lab.TBILI.window(days(14)).max_xuln() >= 2.0"});
  EXPECT_EQ(result.anchors, 4U);
  EXPECT_EQ(result.records, 1U);
  EXPECT_EQ(result.not_evaluable, 3U) << "an empty window is unknown";
  ASSERT_THAT(result.alerts, SizeIs(1));
  EXPECT_EQ(result.alerts[0].alert.started, 9 * kDay);
  EXPECT_EQ(result.alerts[0].alert.fired_item, Series("lab.TBILI"));
}

TEST_F(BacktestTest, ANumberThatIsOnlyABoundIsDecidedWhereEveryNumberInItAgrees) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  Observe("A", "lab.ALT", 1 * kDay, 50, none, Observation::kAbove);  // surely above 45
  Observe("B", "lab.ALT", 1 * kDay, 40, none, Observation::kAbove);  // perhaps
  Observe("C", "lab.ALT", 1 * kDay, 30, none, Observation::kBelow);  // surely not
  Observe("D", "lab.ALT", 1 * kDay, 46);
  const BacktestResult result = Run({.when = "lab.ALT.value > 45.0"});
  EXPECT_EQ(result.records, 2U);
  EXPECT_EQ(result.not_evaluable, 1U);
  ASSERT_THAT(result.by_subject, SizeIs(2));
  EXPECT_EQ(result.by_subject[0].key, "A");
  EXPECT_EQ(result.by_subject[1].key, "D");
}

TEST_F(BacktestTest, AnAnchorThatHasNotSettledByTheCutoffIsNotJudged) {
  Observe("A", "lab.ALT", 1 * kDay, 50);
  Observe("A", "lab.ALT", 8 * kDay, 50);
  const BacktestResult result =
      Run({.when = "lab.ALT.value > 45.0", .settle = 7 * kDay}, {.now = 9 * kDay});
  EXPECT_EQ(result.anchors, 1U);
  EXPECT_EQ(result.records, 1U);
}

TEST_F(BacktestTest, OverlapIsCountedInSubjectDaysAndEarlierInSubjects) {
  for (const char* subject : {"A", "B"}) {
    Observe(subject, "vs.SYSBP", 1 * kDay, 150);
    Observe(subject, "vs.SYSBP", 2 * kDay, 170);
    Observe(subject, "vs.SYSBP", 2 * kDay + 60, 175);
    Observe(subject, "vs.SYSBP", 3 * kDay, 120);
  }
  Observe("B", "vs.SYSBP", 0, 165);
  const std::shared_ptr<const Rule> severe =
      Compiled({.rule_id = "SEVERE", .when = "vs.SYSBP.value > 160.0"});
  const BacktestResult result =
      Run({.rule_id = "MILD", .when = "vs.SYSBP.value > 140.0"}, {.active = {severe}});
  ASSERT_THAT(result.overlap, SizeIs(1));
  EXPECT_EQ(result.overlap[0].rule_id, "SEVERE");
  EXPECT_EQ(result.overlap[0].both, 3U);
  EXPECT_EQ(result.overlap[0].only_this, 2U);
  EXPECT_EQ(result.overlap[0].only_other, 0U);
  EXPECT_EQ(result.overlap[0].earlier, 1U) << "A, a day before";
}

TEST_F(BacktestTest, TwoVersionsDifferInTheAlertsThatDisappearAndAppear) {
  Observe("A", "vs.SYSBP", 1 * kDay, 150);
  Observe("B", "vs.SYSBP", 1 * kDay, 170);
  Observe("C", "vs.SYSBP", 1 * kDay, 90);
  history_.Finish();
  const BacktestResult before =
      RunBacktest(Compiled({.when = "vs.SYSBP.value > 140.0"}), history_, {});
  const BacktestResult after = RunBacktest(
      Compiled({.when = "vs.SYSBP.value > 160.0 || vs.SYSBP.value < 100.0"}), history_, {});
  const BacktestDifference difference = Compare(before, after);
  ASSERT_THAT(difference.disappear, SizeIs(1));
  EXPECT_EQ(difference.disappear[0].scope_key, "A");
  ASSERT_THAT(difference.appear, SizeIs(1));
  EXPECT_EQ(difference.appear[0].scope_key, "C");
  EXPECT_EQ(difference.same, 1U);
}

TEST_F(BacktestTest, ProgressGoesUpAndFalseCancels) {
  for (int subject = 0; subject < 40; ++subject) {
    for (int i = 0; i < 1'000; ++i) {
      Observe("S" + std::to_string(subject), "vs.SYSBP", i * 60, 150);
    }
  }
  history_.Finish();
  const std::shared_ptr<const Rule> rule = Compiled({.when = "vs.SYSBP.value > 140.0"});
  std::vector<double> shares;
  const BacktestResult whole =
      RunBacktest(rule, history_, {.active = {rule}, .progress = [&](double share) {
                                     shares.push_back(share);
                                     return true;
                                   }});
  EXPECT_FALSE(whole.cancelled);
  EXPECT_EQ(whole.records, 40'000U);
  ASSERT_GT(shares.size(), 4U);
  EXPECT_TRUE(std::ranges::is_sorted(shares));
  EXPECT_EQ(shares.back(), 1);
  const BacktestResult part =
      RunBacktest(rule, history_, {.progress = [](double) { return false; }});
  EXPECT_TRUE(part.cancelled);
  EXPECT_LT(part.records, whole.records);
}

TEST_F(BacktestTest, AsKnownTellsWhenAnAlertWouldHaveComeAndBeenTakenBack) {
  history_.KeepArrival(true);
  const std::uint32_t subject = history_.Subject("A", "S1");
  const auto add = [&](std::uint64_t key, Seconds time, Seconds received, double value) {
    history_.Add(subject, {.item = Series("vs.SYSBP"),
                           .key = key,
                           .time = time,
                           .received = received,
                           .number = value});
  };
  add(1, 1 * kDay, 2 * kDay, 150);  // told a day later
  add(2, 10 * kDay, 10 * kDay, 120);
  add(1, 1 * kDay, 12 * kDay, 130);  // a slip of the pen
  add(3, 11 * kDay, 20 * kDay, 160);
  const RuleDefinition definition{.when = "vs.SYSBP.value > 140.0"};
  const BacktestResult known = Run(definition, {.mode = BacktestMode::kAsKnown, .now = 30 * kDay});
  ASSERT_THAT(known.alerts, SizeIs(2));
  EXPECT_EQ(known.alerts[0].raised_at, 2 * kDay);
  EXPECT_EQ(known.alerts[0].retracted_at, 12 * kDay);
  EXPECT_EQ(known.alerts[1].raised_at, 20 * kDay);
  EXPECT_EQ(known.alerts[1].retracted_at, std::nullopt);
  EXPECT_EQ(known.retracted, 1U);
  EXPECT_EQ(known.records, 1U) << "as corrected";
  const BacktestResult earlier = RunBacktest(Compiled(definition), history_,
                                             {.mode = BacktestMode::kAsKnown, .now = 11 * kDay});
  ASSERT_THAT(earlier.alerts, SizeIs(1));
  EXPECT_EQ(earlier.alerts[0].retracted_at, std::nullopt);
}

TEST_F(BacktestTest, AsKnownOfAHistoryWithoutArrivalSaysSo) {
  Observe("A", "vs.SYSBP", 1 * kDay, 150);
  const BacktestResult result =
      Run({.when = "vs.SYSBP.value > 140.0"}, {.mode = BacktestMode::kAsKnown, .now = 30 * kDay});
  EXPECT_TRUE(result.arrival_unknown);
  EXPECT_THAT(result.alerts, SizeIs(1));
}

TEST_F(BacktestTest, SitesAreJudgedOnceByTheirRates) {
  const auto event = [&](std::uint32_t subject, std::uint64_t row) {
    history_.Add(subject, {.item = catalog_->IndexOf(*catalog_->FindField("AE", "AETERM")),
                           .key = row,
                           .row = row,
                           .time = 2 * kDay,
                           .text = "HEADACHE"});
  };
  // 100 days on study each; 30, 30 and 0 events.
  for (std::uint32_t i = 0; i < 3; ++i) {
    const std::uint32_t subject =
        history_.Subject("P" + std::to_string(i), "SITE" + std::to_string(i));
    history_.Add(subject, {.item = catalog_->IndexOf(*catalog_->FindAttribute("first_dose")),
                           .key = 1,
                           .time = kDay,
                           .number = static_cast<double>(kDay)});
    for (std::uint64_t row = 1; i < 2 && row <= 30; ++row) {
      event(subject, row);
    }
  }
  const BacktestResult result =
      Run({.scope = EvaluationScope::kSite,
           .on = {"daily"},
           .when = "kri(\"AE_RATE\").z <= -1.4 && kri(\"AE_RATE\").denominator >= 30.0"},
          {.now = 100 * kDay + 3'600});
  EXPECT_EQ(result.anchors, 3U);
  ASSERT_THAT(result.alerts, SizeIs(1));
  EXPECT_EQ(result.alerts[0].scope_key, "SITE2");
  EXPECT_EQ(result.alerts[0].subject, kNoSubject);
  EXPECT_EQ(result.alerts[0].alert.started, 100 * kDay);
  ASSERT_THAT(result.by_site, SizeIs(1));
  EXPECT_EQ(result.by_site[0].alerts, 1U);
  EXPECT_THAT(result.by_subject, IsEmpty());
}

}  // namespace
}  // namespace vedette::rules
