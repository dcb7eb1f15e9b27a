// SPDX-License-Identifier: Apache-2.0
#include "rules/clinical/judge.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "rules/check/test_catalog.h"
#include "rules/clinical/pools.h"
#include "rules/clinical/record.h"
#include "rules/rule.h"

namespace vedette::rules {
namespace {

constexpr Seconds kStart = 1'700'006'400;

// Every feature, each in a condition that is true about half of the time.
const char* const kConditions[] = {
    "vs.SYSBP.value > 130.0",
    "vs.DIABP.value > 80.0 && vs.SYSBP.value > 100.0",
    "lab.ALT.xuln > 0.8",
    "lab.ALT.value > 0.9 * lab.ALT.uln || lab.ALT.value < lab.ALT.lln",
    "vs.SYSBP.prev.value < vs.SYSBP.value",
    "vs.SYSBP.prev(3).value < vs.SYSBP.value",
    "vs.DIABP.prev(2).value > 75.0",
    "vs.SYSBP.baseline < vs.SYSBP.value",
    "vs.SYSBP.change > 5.0",
    "vs.SYSBP.pct_change > 3.0",
    "vs.DIABP.asof(days(2)) > 78.0",
    "vs.SYSBP.window(days(5)).count() >= 3",
    "vs.SYSBP.window(days(5)).min() < 120.0",
    "vs.SYSBP.window(days(5)).max() > 140.0",
    "vs.DIABP.window(days(9)).mean() > 80.0",
    "vs.DIABP.window(days(9)).sd() > 9.0",
    "vs.SYSBP.window(days(9)).slope_per_day() > 0.0",
    "lab.ALT.window(days(7)).max_xuln() > 1.0",
    "lab.ALT.window(days(7)).min_xuln() < 0.7",
    "lab.ALT.grade_high >= 1",
    "lab.ALT.grade_high - lab.ALT.base_grade_high >= 1",
    "lab.HGB.grade_low >= 1",
    "vs.SYSBP.last(3).size() == 3 && vs.SYSBP.last(3).all(o, o.value > 120.0)",
    "vs.DIABP.window(days(6)).exists(o, o.value > 86.0)",
    "lab.ALT.before(vs.SYSBP.time, days(3)).size() > 1",
    "vs.SYSBP.time - vs.DIABP.time < hours(20)",
    "subject.on_treatment && vs.SYSBP.value > 120.0",
    "lab.CREAT.in(\"mg/dL\").value > 0.9",
    "lab.CREAT.in(\"mg/dL\").window(days(8)).mean() > 0.9",
};

class JudgeTest : public ::testing::Test {
 protected:
  JudgeTest()
      : catalog_(TestCatalog()),
        layout_(catalog_),
        pools_{&layout_, &texts_, &ranges_},
        record_(&pools_),
        study_(catalog_) {}

  std::uint32_t Item(std::string_view code) const {
    return catalog_->IndexOf(*catalog_->FindByCode(code));
  }
  void Put(std::string_view code, Seconds time, double value, std::uint8_t flags = 0) {
    Change change;
    change.item = Item(code);
    change.key = ++key_ * 0x9E3779B97F4A7C15ULL;
    change.time = time;
    change.number = value;
    change.flags = flags;
    change.range_low = 10;
    change.range_high = value > 0 && key_ % 11 == 0 ? 0 : 40;
    record_.Apply(change);
  }
  // Observations in no order, with ties, bounds and absences.
  void Fill(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t limit) { return random() % limit; };
    const struct {
      const char* code;
      double mean;
      double spread;
    } series[] = {
        {"SYSBP", 130, 30}, {"DIABP", 80, 20}, {"ALT", 35, 30}, {"HGB", 11, 4}, {"CREAT", 80, 30}};
    for (int i = 0; i < 120; ++i) {
      const auto& one = series[below(5)];
      const double value = one.mean + one.spread * (static_cast<double>(below(1000)) / 1000 - 0.5);
      const std::uint64_t kind = below(40);
      Put(one.code, kStart + static_cast<Seconds>(below(30 * 8)) * 10'800, value,
          kind == 0   ? Observation::kBelow
          : kind == 1 ? Observation::kAbove
          : kind == 2 ? Observation::kAbsent
                      : Observation::kNone);
    }
    if (seed % 4 != 0) {
      const Seconds dose = kStart + static_cast<Seconds>(below(20)) * kDay;
      Put("FIRST_DOSE", dose, static_cast<double>(dose));
    }
  }

  std::shared_ptr<const Catalog> catalog_;
  RecordLayout layout_;
  HashTextPool texts_;
  HashRangeTable ranges_;
  RecordPools pools_;
  SubjectRecord record_;
  StudyContext study_;
  std::uint64_t key_ = 0;
};

// CTCAE 6 grades creatinine by multiples of the baseline where that lay below its lower limit.
TEST_F(JudgeTest, AGradeKnowsThatTheBaselineWasLow) {
  auto catalog = std::make_shared<Catalog>(*catalog_);
  catalog->grading_version = "ctcae6";
  RuleDefinition definition;
  definition.rule_id = "R";
  definition.study_id = "STUDY-1";
  definition.title = "R";
  definition.when = "lab.CREAT.grade_high >= 3";
  const auto rule = CompileRule(definition, catalog);
  ASSERT_TRUE(rule.has_value());
  const StudyContext study(catalog);
  const auto judge = [&](double baseline) {
    const RecordLayout layout(catalog);
    const RecordPools pools{&layout, &texts_, &ranges_};
    SubjectRecord record(&pools);
    const auto put = [&](std::string_view code, Seconds time, double value) {
      Change change;
      change.item = Item(code);
      change.key = ++key_;
      change.time = time;
      change.number = value;
      change.range_low = 60;
      change.range_high = 110;
      record.Apply(change);
    };
    put("FIRST_DOSE", kStart, static_cast<double>(kStart));
    put("CREAT", kStart - kDay, baseline);
    put("CREAT", kStart + kDay, 200);
    const Anchor anchor{.item = Item("CREAT"),
                        .index = 1,
                        .time = kStart + kDay,
                        .key = key_,
                        .as_of = kStart + kDay};
    const FeatureContext context{.study = &study, .units = &(*rule)->definition().units};
    std::vector<Slot> frame((*rule)->when().frame_size());
    (*rule)->when().Prepare(frame.data());
    const Truth verdict =
        JudgeAnchor((*rule)->when(), record, anchor, context, frame.data()).verdict;
    EXPECT_EQ(verdict, WalkAnchor((*rule)->when(), record, anchor, context));
    return verdict;
  };
  EXPECT_EQ(judge(59), Truth::kTrue);
  EXPECT_EQ(judge(61), Truth::kFalse);
}

TEST_F(JudgeTest, TheMachineAgreesWithTheTreeWalker) {
  std::vector<std::shared_ptr<const Rule>> rules;
  for (const char* condition : kConditions) {
    RuleDefinition definition;
    definition.rule_id = "R";
    definition.study_id = "STUDY-1";
    definition.title = "R";
    definition.when = condition;
    auto rule = CompileRule(definition, catalog_);
    ASSERT_TRUE(rule.has_value()) << condition << ": " << rule.error()[0].message;
    rules.push_back(*rule);
  }
  std::vector<std::array<std::uint64_t, 3>> verdicts(rules.size());
  std::uint64_t walked = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    record_ = SubjectRecord(&pools_);
    Fill(seed);
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const Rule& rule = *rules[i];
      const FeatureContext context{.study = &study_, .units = &rule.definition().units};
      std::vector<Slot> frame(rule.when().frame_size());
      rule.when().Prepare(frame.data());
      const auto series = record_.Series(rule.anchors()[0]);
      for (std::uint32_t index = 0; index < series.size(); ++index) {
        for (const Seconds settle : {Seconds{0}, 2 * kDay}) {
          const Anchor anchor{.item = rule.anchors()[0],
                              .index = index,
                              .time = series[index].time(),
                              .key = series[index].key(),
                              .as_of = series[index].time() + settle};
          const Judgement judged = JudgeAnchor(rule.when(), record_, anchor, context, frame.data());
          const Truth truth = WalkAnchor(rule.when(), record_, anchor, context);
          ASSERT_EQ(judged.verdict, truth)
              << kConditions[i] << " seed " << seed << " anchor " << index << " settle " << settle;
          ++verdicts[i][static_cast<std::size_t>(truth)];
          walked += judged.walked ? 1 : 0;
        }
      }
    }
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    EXPECT_GT(verdicts[i][0], 0U) << kConditions[i];
    EXPECT_GT(verdicts[i][2], 0U) << kConditions[i];
  }
  EXPECT_GT(walked, 0U);
}

}  // namespace
}  // namespace vedette::rules
