// SPDX-License-Identifier: Apache-2.0
#include "rules/check/checker.h"

#include <gtest/gtest.h>

#include "rules/check/test_catalog.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

struct ClinicalRule {
  std::string_view id;
  EvaluationScope scope;
  std::string_view each_form;
  std::string_view when;
};

constexpr auto kSubject = EvaluationScope::kSubject;
constexpr auto kRow = EvaluationScope::kRow;

constexpr ClinicalRule kRules[] = {
    {"HEP-01", kSubject, "",
     "(lab.ALT.window(days(14)).max_xuln() >= 3.0 || lab.AST.window(days(14)).max_xuln() >= 3.0) "
     "&& lab.TBILI.window(days(14)).max_xuln() >= 2.0 && "
     "!(lab.ALP.window(days(14)).max_xuln() >= 2.0)"},
    {"CAR-01", kSubject, "", "eg.QTCF.value > 500.0 || eg.QTCF.change > 60.0"},
    {"VS-01", kSubject, "",
     "vs.SYSBP.last(2).size() == 2 && vs.SYSBP.last(2).all(o, o.value >= 160.0)"},
    {"LAB-01", kSubject, "", "lab.NEUT.grade_low - lab.NEUT.base_grade_low >= 2"},
    {"VIS-01", kSubject, "",
     "!visit.W4.done && now > visit.W4.window_end + days(3) && subject.status == \"ACTIVE\""},
    {"PRO-01", kSubject, "", "pro.DIARY.missed_in_a_row() >= 3"},
    {"LAB-02", kSubject, "",
     "lab.HGB.window(weeks(8)).count() >= 3 && "
     "lab.HGB.window(weeks(8)).slope_per_day() * 7.0 <= -0.5"},
    {"REN-01", kSubject, "",
     "lab.CREAT.value >= lab.CREAT.window(hours(48)).min() + 26.5 || "
     "lab.CREAT.value >= 1.5 * lab.CREAT.window(days(7)).min()"},
    {"HEM-01", kSubject, "", "vs.TEMP.asof(days(1)) >= 38.3 && lab.NEUT.asof(days(3)) < 1.0"},
    {"VS-02", kSubject, "", "vs.WEIGHT.value - vs.WEIGHT.window(days(7)).min() >= 2.0"},
    {"TLS-01", kSubject, "",
     "[lab.URATE.asof(hours(24)) >= 476.0, lab.K.asof(hours(24)) >= 6.0, "
     "lab.PHOS.asof(hours(24)) >= 1.45, lab.CA.asof(hours(24)) <= 1.75].count_true() >= 2"},
    {"XF-01", kRow, "AE", "has(row.AESTDT) && row.AESTDT < form.IC.CONSENTDT"},
    {"XF-02", kRow, "CM",
     "row.CMDECOD in codelist(\"STRONG_CYP3A4\") && row.CMSTDT <= subject.last_dose && "
     "(!has(row.CMENDT) || row.CMENDT >= subject.first_dose)"},
    {"SAE-01", kRow, "AE",
     "row.AESER == \"Y\" && (has(row.REPORTED) ? row.REPORTED : now) - row.AWAREDTM > hours(24)"},
    {"PREG-01", kSubject, "",
     "subject.sex == \"F\" && subject.childbearing && subject.on_treatment && "
     "now - lab.HCG.time > weeks(4) + days(3)"},
    {"FAB-01", kSubject, "",
     "vs.SYSBP.last(5).size() == 5 && vs.SYSBP.last(5).all(o, o.value == vs.SYSBP.value) && "
     "vs.DIABP.last(5).all(o, o.value == vs.DIABP.value)"},
    {"DOSE-01", kRow, "EX",
     "row.EXDOSE > 0.0 && !lab.NEUT.before(row.EXSTDTM, days(3)).exists(o, true)"},
    {"XF-03", kSubject, "",
     "lab.ALT.grade_high >= 3 && !form.AE.exists(r, r.AEDECOD in smq(\"HEPATIC_DISORDERS\") && "
     "r.AESTDT >= lab.ALT.time - days(7) && r.AESTDT <= lab.ALT.time + days(7))"},
    {"PRO-02", kSubject, "", "pro.PHQ0109.value >= 1.0"},
    {"WEAR-01", kSubject, "",
     "wear.HR.window(hours(1)).mean() > wear.HR.window(days(28)).mean() + "
     "3.0 * wear.HR.window(days(28)).sd()"},
    {"KRI-01", EvaluationScope::kSite, "",
     "kri(\"AE_RATE\").z <= -2.0 && kri(\"AE_RATE\").denominator >= 30.0"},
};

std::string RenderAll(std::string_view source, const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += Render(source, diagnostic) + "\n";
  return text;
}

TEST(CheckerTest, AcceptsTheRulesOfThePacks) {
  const auto catalog = TestCatalog();
  for (const ClinicalRule& rule : kRules) {
    const auto ast = Parse(rule.when);
    ASSERT_TRUE(ast) << rule.id << "\n" << RenderAll(rule.when, ast.error());
    const auto checked = Check(*ast, {.catalog = catalog.get(),
                                      .scope = rule.scope,
                                      .each_form = std::string(rule.each_form),
                                      .expected = Type::Of(TypeKind::kBool)});
    EXPECT_TRUE(checked) << rule.id << "\n"
                         << (checked ? "" : RenderAll(rule.when, checked.error()));
  }
}

}  // namespace
}  // namespace vedette::rules
