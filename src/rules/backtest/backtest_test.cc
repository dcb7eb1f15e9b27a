// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/backtest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

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

}  // namespace
}  // namespace vedette::rules
