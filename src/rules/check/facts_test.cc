// SPDX-License-Identifier: Apache-2.0
// What the checker tells about a rule without running it: items, retention, taint, cost.
#include "rules/check/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/check/test_catalog.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FactsTest : public testing::Test {
 protected:
  RuleFacts FactsOf(std::string_view source,
                    EvaluationScope scope = EvaluationScope::kSubject,
                    std::string each_form = {}) {
    const auto ast = Parse(source);
    if (!ast) {
      ADD_FAILURE() << Render(source, ast.error()[0]);
      return {};
    }
    auto checked = Check(*ast, {.catalog = catalog_.get(),
                                .scope = scope,
                                .each_form = std::move(each_form),
                                .expected = Type::Of(TypeKind::kBool)});
    if (!checked) {
      ADD_FAILURE() << Render(source, checked.error()[0]);
      return {};
    }
    return checked->facts;
  }

  std::uint32_t Item(std::string_view code) const {
    return catalog_->IndexOf(*catalog_->FindByCode(code));
  }

  std::shared_ptr<const Catalog> catalog_ = TestCatalog();
};

TEST_F(FactsTest, SeriesAreItemsAndAnchors) {
  const RuleFacts facts = FactsOf("lab.AST.value > 3.0 || lab.ALT.value > lab.ALT.uln");
  EXPECT_THAT(facts.items, ElementsAre(Item("ALT"), Item("AST")));
  EXPECT_EQ(facts.anchors, facts.items);
  EXPECT_THAT(facts.forms, IsEmpty());
  EXPECT_FALSE(facts.reads_now);
  EXPECT_FALSE(facts.reads_baseline);
  EXPECT_EQ(facts.look_back_seconds, 0);
  EXPECT_EQ(facts.retention.at(Item("ALT")).observations, 1U);
  EXPECT_FALSE(facts.retention.at(Item("ALT")).everything);
}

TEST_F(FactsTest, AttributesAndFormsAreNoAnchors) {
  const RuleFacts facts =
      FactsOf("lab.ALT.value > 3.0 && subject.sex == \"F\" && form.AE.exists(r, r.AESER == \"Y\")");
  EXPECT_THAT(facts.anchors, ElementsAre(Item("ALT")));
  EXPECT_THAT(facts.items, testing::UnorderedElementsAre(Item("ALT"), Item("SEX"), Item("AESER")));
  EXPECT_THAT(facts.forms, ElementsAre("AE"));
  EXPECT_TRUE(facts.retention.at(Item("SEX")).everything);
  EXPECT_TRUE(facts.retention.at(Item("ALT")).everything)
      << "a row that is entered late changes the verdict of any anchor";
}

TEST_F(FactsTest, RetentionIsTheLongestWindowAndTheFarthestObservation) {
  const RuleFacts facts = FactsOf(
      "lab.ALT.window(days(14)).max() > 3.0 && lab.ALT.asof(weeks(3)) > 1.0 && "
      "lab.ALT.prev(4).value > 1.0 && lab.ALT.last(3).size() == 3 && lab.AST.prev.value > 1.0");
  EXPECT_EQ(facts.look_back_seconds, 21 * 86'400);
  EXPECT_EQ(facts.retention.at(Item("ALT")).seconds, 21 * 86'400);
  EXPECT_EQ(facts.retention.at(Item("ALT")).observations, 5U);
  EXPECT_EQ(facts.retention.at(Item("AST")).seconds, 0);
  EXPECT_EQ(facts.retention.at(Item("AST")).observations, 2U);
}

TEST_F(FactsTest, BaselineReadsTheFirstDose) {
  for (const char* member : {"baseline > 1.0", "change > 1.0", "pct_change > 1.0",
                             "base_grade_high > 1", "grade_high > 1"}) {
    const RuleFacts facts = FactsOf("lab.ALT." + std::string(member));
    EXPECT_TRUE(facts.reads_baseline) << member;
    EXPECT_TRUE(facts.retention.at(Item("ALT")).everything) << member;
    EXPECT_TRUE(facts.retention.contains(Item("FIRST_DOSE"))) << member;
  }
}

TEST_F(FactsTest, NowIsReadAsAWordOrByMissedEntries) {
  EXPECT_TRUE(FactsOf("now - lab.ALT.time > days(3)").reads_now);
  EXPECT_TRUE(FactsOf("pro.DIARY.missed_in_a_row() >= 3").reads_now);
  EXPECT_FALSE(FactsOf("lab.ALT.time > subject.first_dose").reads_now);
}

TEST_F(FactsTest, VisitsReadTheirItemAndTheirReference) {
  const RuleFacts done = FactsOf("!visit.W4.done && now > visit.W4.window_end");
  EXPECT_TRUE(done.retention.contains(Item("SV_W4")));
  EXPECT_FALSE(done.retention.contains(Item("SV_W2")));
  EXPECT_TRUE(done.retention.contains(Item("FIRST_DOSE")));
  EXPECT_THAT(done.anchors, IsEmpty());
  const RuleFacts each = FactsOf("!visit.done && now > visit.due", EvaluationScope::kVisit);
  EXPECT_TRUE(each.retention.contains(Item("SV_W2")));
  EXPECT_TRUE(each.retention.contains(Item("SV_W8")));
}

TEST_F(FactsTest, RowsAreAnchorsOfTheirForm) {
  const RuleFacts facts =
      FactsOf("row.EXDOSE > 0.0 && !lab.NEUT.before(row.EXSTDTM, days(3)).exists(o, true)",
              EvaluationScope::kRow, "EX");
  EXPECT_THAT(facts.forms, ElementsAre("EX"));
  EXPECT_THAT(facts.anchors, IsEmpty());
  EXPECT_TRUE(facts.retention.at(Item("NEUT")).everything);
  EXPECT_EQ(facts.look_back_seconds, 3 * 86'400);
}

TEST_F(FactsTest, OneUnblindingItemTaintsTheRule) {
  EXPECT_TRUE(FactsOf("lab.ALT.value > 3.0 && subject.arm == \"PLACEBO\"").unblinding);
  EXPECT_TRUE(FactsOf("pk.CONC.window(days(1)).max() > 3.0").unblinding);
  EXPECT_TRUE(FactsOf("form.EX.exists(r, has(r.EXTRT))").unblinding);
  EXPECT_TRUE(FactsOf("row.EXTRT == \"PLACEBO\"", EvaluationScope::kRow, "EX").unblinding);
  EXPECT_TRUE(FactsOf("[1, 2].exists(n, pk.CONC.value > n)").unblinding);
  EXPECT_FALSE(FactsOf("form.EX.exists(r, r.EXDOSE > 0.0)").unblinding);
  EXPECT_FALSE(FactsOf("lab.ALT.value > 3.0").unblinding);
}

TEST_F(FactsTest, CostCountsPlannedEntriesAndMultipliesNestedLists) {
  const std::uint64_t value = FactsOf("lab.ALT.value > 3.0").cost;
  const std::uint64_t window = FactsOf("lab.ALT.window(days(700)).max() > 3.0").cost;
  EXPECT_LT(value, 10U);
  EXPECT_GE(window, 64U) << "no schedule: 64 a window";
  EXPECT_LT(window, 80U);
  // Every 5 minutes for 7 days.
  EXPECT_GE(FactsOf("wear.HR.window(days(7)).mean() > 80.0").cost, 2016U);
  const std::uint64_t last = FactsOf("lab.ALT.last(10).all(o, o.value > 3.0)").cost;
  EXPECT_GE(last, 10U * 4);
  const std::uint64_t nested =
      FactsOf("lab.ALT.last(10).all(o, lab.AST.last(20).all(p, p.value > o.value))").cost;
  EXPECT_GE(nested, 10U * 20 * 4);
  EXPECT_LT(nested, 10U * 20 * 10);
}

TEST_F(FactsTest, CostDoesNotOverflow) {
  std::string source = "o.value > 0.0";
  for (int i = 0; i < 30; ++i) source = "lab.ALT.last(1000).all(o, " + source + ")";
  const auto ast = Parse(source);
  ASSERT_TRUE(ast);
  const auto checked = Check(*ast, {.catalog = catalog_.get()});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().at(0).code, "too_costly");
}

}  // namespace
}  // namespace vedette::rules
