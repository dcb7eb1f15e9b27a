// SPDX-License-Identifier: Apache-2.0
// Which names are there in which scope, what they refer to, and which mistakes are told together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/check/checker.h"
#include "rules/check/test_catalog.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ScopeTest : public testing::Test {
 protected:
  std::vector<std::string> CodesOf(std::string_view source,
                                   EvaluationScope scope = EvaluationScope::kSubject,
                                   std::string each_form = {}) {
    const auto ast = Parse(source);
    if (!ast) return {"does not parse"};
    const auto checked = Check(*ast, {.catalog = catalog_.get(),
                                      .scope = scope,
                                      .each_form = std::move(each_form),
                                      .expected = Type::Of(TypeKind::kBool)});
    std::vector<std::string> codes;
    for (const Diagnostic& diagnostic : checked ? checked->warnings : checked.error()) {
      codes.push_back(diagnostic.code);
    }
    return codes;
  }

  std::shared_ptr<const Catalog> catalog_ = TestCatalog();
};

TEST_F(ScopeTest, RowIsThereInARuleForEachRow) {
  EXPECT_THAT(CodesOf("row.AESER == \"Y\"", EvaluationScope::kRow, "AE"), IsEmpty());
  EXPECT_THAT(CodesOf("row.AESER == \"Y\"", EvaluationScope::kRow, "CM"),
              ElementsAre("unknown_field"));
  EXPECT_THAT(CodesOf("row.AESER == \"Y\""), ElementsAre("row_outside_row_scope"));
  EXPECT_THAT(CodesOf("form.AE.exists(row, row.AESER == \"Y\")"), IsEmpty());
}

TEST_F(ScopeTest, VisitAloneIsThereInARuleForEachVisit) {
  EXPECT_THAT(CodesOf("!visit.done && now > visit.window_end", EvaluationScope::kVisit), IsEmpty());
  EXPECT_THAT(CodesOf("!visit.W4.done && now > visit.W4.due", EvaluationScope::kVisit), IsEmpty());
  EXPECT_THAT(CodesOf("!visit.done"), ElementsAre("visit_outside_visit_scope"));
}

TEST_F(ScopeTest, KrisAreThereInRulesAboutSites) {
  EXPECT_THAT(CodesOf("kri(\"AE_RATE\").z <= -2.0", EvaluationScope::kSite), IsEmpty());
  EXPECT_THAT(CodesOf("kri(\"AE_RATE\").rate > 1.0", EvaluationScope::kStudy), IsEmpty());
  EXPECT_THAT(CodesOf("kri(\"AE_RATE\").z <= -2.0"), ElementsAre("kri_outside_site_scope"));
  EXPECT_THAT(CodesOf("subject.sex == \"F\"", EvaluationScope::kSite),
              ElementsAre("no_subject_in_scope"));
  EXPECT_THAT(CodesOf("form.AE.exists(r, true)", EvaluationScope::kStudy),
              ElementsAre("no_subject_in_scope"));
}

TEST_F(ScopeTest, NowIsComparedWhereATimerCanBeSet) {
  EXPECT_THAT(CodesOf("now > visit.W4.window_end + days(3)"), IsEmpty());
  EXPECT_THAT(CodesOf("days(3) < now - lab.ALT.time"), IsEmpty());
  EXPECT_THAT(CodesOf("visit.W4.due - now <= days(3)"), IsEmpty());
  EXPECT_THAT(CodesOf("!(now + days(1) >= visit.W4.due) || subject.sex == \"F\""), IsEmpty());
  EXPECT_THAT(CodesOf("(has(row.REPORTED) ? row.REPORTED : now) - row.AWAREDTM > hours(24)",
                      EvaluationScope::kRow, "AE"),
              IsEmpty());
  for (const char* source :
       {"now == visit.W4.due", "now != visit.W4.due", "now > now",
        "now - (now - visit.W4.due) > visit.W4.due", "now.getDayOfWeek() == 1",
        "(now > visit.W4.due ? now : visit.W4.due) > visit.W2.due",
        "lab.ALT.before(now, days(3)).size() > 0", "[now].exists(t, t > visit.W4.due)",
        "cel.bind(t, now, t > visit.W4.due)", "form.AE.exists(r, now > r.AESTDT)",
        "string(now) == \"x\""}) {
    EXPECT_THAT(CodesOf(source), ElementsAre("now_not_invertible")) << source;
  }
}

TEST_F(ScopeTest, NowCannotBeRenamed) {
  EXPECT_THAT(CodesOf("form.AE.exists(now, true)"), ElementsAre("name_taken"));
}

TEST_F(ScopeTest, EveryMistakeIsToldOnceAndInOrder) {
  EXPECT_THAT(CodesOf("subject.sex == \"Female\" && lab.ATL.value > 3.0 && lab.ALT > 3"),
              ElementsAre("unknown_term", "unknown_item", "not_a_value"));
  EXPECT_THAT(CodesOf("lab.ATL.window(days(14)).max() * 3.0 + lab.ALT.value > 3.0"),
              ElementsAre("unknown_item"));
  EXPECT_THAT(CodesOf("cel.bind(x, lab.ATL.value, x > 3.0 && x < 9.0)"),
              ElementsAre("unknown_item"));
  EXPECT_THAT(CodesOf("lab.ATL.last(3).exists(o, o.value > lab.TAS.value)"),
              ElementsAre("unknown_item", "unknown_item"));
}

TEST_F(ScopeTest, ReferencesTellTheItemOfSeriesFieldsAndAttributes) {
  const auto ast = Parse("lab.ALT.value > 3.0 && subject.age > 65 && has(form.IC.CONSENTDT)");
  ASSERT_TRUE(ast);
  const auto checked = Check(*ast, {.catalog = catalog_.get()});
  ASSERT_TRUE(checked);
  std::vector<std::string> codes;
  for (const std::int32_t reference : checked->references) {
    if (reference >= 0) codes.push_back(catalog_->items[static_cast<std::size_t>(reference)].code);
  }
  EXPECT_THAT(codes, ElementsAre("ALT", "AGE", "CONSENTDT"));
}

TEST_F(ScopeTest, TypesOfWindowsTellTheirItem) {
  const auto ast = Parse("lab.ALT.window(days(14)).exists(o, o.value > 3.0)");
  ASSERT_TRUE(ast);
  const auto checked = Check(*ast, {.catalog = catalog_.get()});
  ASSERT_TRUE(checked);
  const Type& window = checked->TypeOf(*(*ast)->root->target);
  EXPECT_EQ(window.kind, TypeKind::kWindow);
  EXPECT_EQ(catalog_->items[static_cast<std::size_t>(window.item)].code, "ALT");
}

TEST_F(ScopeTest, ScoresTakeTheirUnits) {
  EXPECT_THAT(CodesOf("qtcf(eg.QT.value, eg.RR.value) > 450.0"), IsEmpty());
  EXPECT_THAT(CodesOf("qtcf(eg.QT.value, 800) > 450.0"), IsEmpty());
  EXPECT_THAT(CodesOf("qtcf(eg.QT.value, eg.HR.value) > 450.0"), ElementsAre("unit_mismatch"));
  EXPECT_THAT(CodesOf("qtcf(eg.QT.value) > 450.0"), ElementsAre("wrong_arguments"));
  EXPECT_THAT(CodesOf("qtcf(subject.sex, eg.RR.value) > 450.0"), ElementsAre("wrong_type"));
}

TEST_F(ScopeTest, NamesOfOperatorsAreFunctionsWithoutMeaning) {
  for (const char* source : {"_in_()", "_x()", "_in_(1, [1], 2)", "_foo_(1) > 2"}) {
    EXPECT_THAT(CodesOf(source).size(), 1U) << source;
  }
}

TEST_F(ScopeTest, EveryGradedItemHasGrades) {
  for (const CatalogItem& item : catalog_->items) {
    if (item.grading.empty()) continue;
    const bool low = CodesOf(item.name + ".grade_low >= 3").empty();
    const bool high = CodesOf(item.name + ".grade_high >= 3").empty();
    EXPECT_TRUE(low || high) << item.name;
  }
}

}  // namespace
}  // namespace vedette::rules
