// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "rules/live/testing/operation_stream.h"
#include "rules/syntax/diagnostic.h"

namespace vedette::rules::testing {
namespace {

RuleDefinition Define(std::string id, std::string when, std::vector<std::string> on = {}) {
  RuleDefinition rule;
  rule.rule_id = std::move(id);
  rule.study_id = "STREAM";
  rule.title = rule.rule_id;
  rule.when = std::move(when);
  rule.on = std::move(on);
  return rule;
}

// CTCAE grade of a neutrophil count, as nested conditions.
std::string GradeOf(const std::string& value) {
  return "(" + value + " < 0.5 ? 4.0 : " + value + " < 1.0 ? 3.0 : " + value +
         " < 1.5 ? 2.0 : " + value + " < 2.0 ? 1.0 : 0.0)";
}

void AddEpisodeRules(std::vector<RuleDefinition>* rules) {
  rules->push_back(Define("FOR", "vs.HR.value > 80.0", {"vs.HR"}));
  rules->back().for_ = 2 * kDay;
  rules->push_back(Define("KEEP", "vs.HR.value > 90.0", {"vs.HR"}));
  rules->back().keep_firing_for = 3 * kDay;
  rules->push_back(Define("FOR_KEEP", "vs.SPO2.value < 97.0", {"vs.SPO2"}));
  rules->back().for_ = kDay;
  rules->back().keep_firing_for = 2 * kDay;
  rules->push_back(Define("HYSTERESIS", "vs.SYSBP.value > 150.0", {"vs.SYSBP"}));
  rules->back().resolve_when = "vs.SYSBP.value < 125.0";
  rules->push_back(Define("BY_ANCHOR", "vs.HR.value > 95.0", {"vs.HR"}));
  rules->back().dedupe = Dedupe::kAnchor;
  rules->push_back(Define("BY_DAY", "vs.HR.value > 85.0 || vs.SPO2.value < 94.0"));
  rules->back().dedupe = Dedupe::kDay;
  rules->push_back(Define("BY_SUBJECT", "lab.GLUC.value > 8.0", {"lab.GLUC"}));
  rules->back().dedupe = Dedupe::kSubject;
  rules->push_back(Define("BY_SUBJECT_FOR", "vs.HR.value > 75.0", {"vs.HR"}));
  rules->back().dedupe = Dedupe::kSubject;
  rules->back().for_ = kDay;
}

void AddRecordRules(std::vector<RuleDefinition>* rules) {
  rules->push_back(Define("SETTLE",
                          "lab.ALT.xuln >= 1.2 && !form.AE.exists(r, r.AETERM == \"HEPATITIS\" && "
                          "r.AESTDT >= lab.ALT.time - days(30))",
                          {"lab.ALT"}));
  rules->back().settle = 7 * kDay;
  rules->push_back(Define("SETTLE_WINDOW", "vs.HR.window(days(4)).max() > 90.0", {"vs.HR"}));
  rules->back().settle = 2 * kDay;
  rules->push_back(Define("SEX", "subject.sex == \"F\" && lab.HGB.value < 12.5", {"lab.HGB"}));
  rules->push_back(
      Define("LAST", "vs.SPO2.last(3).size() == 3 && vs.SPO2.last(3).all(o, o.value < 97.0)"));
  rules->push_back(
      Define("OTHER_PREV", "lab.CREAT.prev(2).value > 1.0 && vs.TEMP.value > 36.8", {"vs.TEMP"}));
  rules->push_back(Define("BEFORE_DOSE", "has(row.AESTDT) && row.AESTDT < subject.first_dose"));
  rules->back().scope = EvaluationScope::kRow;
  rules->back().each_form = "AE";
  rules->back().dedupe = Dedupe::kAnchor;
  rules->push_back(Define("ROW_DENSE", "has(row.AESTDT) && vs.HR.window(days(2)).mean() > 72.0"));
  rules->back().scope = EvaluationScope::kRow;
  rules->back().each_form = "AE";
  rules->back().settle = 2 * kDay;
  rules->back().dedupe = Dedupe::kEpisode;
  rules->push_back(
      Define("ROW_SERIES", "row.AETERM == \"HEADACHE\" && vs.HR.window(days(30)).mean() > 72.0"));
  rules->back().scope = EvaluationScope::kRow;
  rules->back().each_form = "AE";
}

void AddAbsenceRules(std::vector<RuleDefinition>* rules) {
  rules->push_back(Define("VISIT_MISSING", "!visit.done && now > visit.window_end + days(3)"));
  rules->back().scope = EvaluationScope::kVisit;
  rules->push_back(
      Define("W2_MISSING", "!visit.W2.done && now > visit.W2.window_end + days(3)", {"timer"}));
  rules->push_back(
      Define("DIARY_MISSED", "pro.DIARY.missed_in_a_row() >= 3", {"timer", "pro.DIARY"}));
  rules->push_back(
      Define("SILENT", "now > subject.first_dose + days(1) && vs.HR.window(days(9)).count() == 0"));
  rules->push_back(
      Define("NOW_DENSE", "now > subject.first_dose && vs.HR.window(days(1)).mean() > 72.0"));
  // Where the time compared with `now` moves along, the beginning lies between other changes.
  rules->push_back(
      Define("NOW_LATEST", "now > vs.HR.time + hours(36) || vs.SPO2.asof(days(2)) < 96.0"));
  rules->push_back(Define("VISIT_DENSE",
                          "!visit.done && now > visit.due && vs.HR.window(days(3)).count() >= 2"));
  rules->back().scope = EvaluationScope::kVisit;
  rules->push_back(
      Define("ROW_NOW", "now - row.AWAREDTM > hours(24) && vs.HR.window(days(5)).mean() > 71.0"));
  rules->back().scope = EvaluationScope::kRow;
  rules->back().each_form = "AE";
  rules->back().on = {"form.AE", "timer"};
  rules->push_back(
      Define("REPORT_LATE", "(has(row.REPORTED) ? row.REPORTED : now) - row.AWAREDTM > hours(24)"));
  rules->back().scope = EvaluationScope::kRow;
  rules->back().each_form = "AE";
  rules->back().on = {"form.AE", "timer"};
}

// By episode: what a bounded engine has dropped of others as too old is superseded by a load.
constexpr std::string_view kOfTwoVersions[] = {"GLUC",       "FOR",        "KEEP",
                                               "HYSTERESIS", "ROW_SERIES", "BEFORE_DOSE"};

}  // namespace

std::vector<RuleDefinition> TemporalRules() {
  return {
      Define("HYS",
             "lab.ALT.window(days(14)).max_xuln() >= 3.0 && "
             "lab.TBILI.window(days(14)).max_xuln() >= 2.0",
             {"lab.ALT", "lab.TBILI"}),
      Define("QTC", "eg.QTCF.value > 500.0 || eg.QTCF.change > 60.0", {"eg.QTCF"}),
      Define("HTN", "vs.SYSBP.value > 180.0 && vs.SYSBP.prev.value > 180.0", {"vs.SYSBP"}),
      Define("HGBTREND",
             "lab.HGB.window(days(60)).slope_per_day() < -0.05 && "
             "lab.HGB.window(days(60)).count() >= 3",
             {"lab.HGB"}),
      Define("PLT", "lab.PLAT.value < 50.0 && lab.PLAT.prev.value >= 100.0", {"lab.PLAT"}),
      Define("WTLOSS", "vs.WEIGHT.value < 0.95 * vs.WEIGHT.baseline", {"vs.WEIGHT"}),
      Define("AKI",
             "lab.CREAT.value >= 1.5 * lab.CREAT.baseline || "
             "lab.CREAT.value - lab.CREAT.window(days(2)).min() >= 0.3",
             {"lab.CREAT"}),
      Define("ANCGR", GradeOf("lab.ANC.value") + " - " + GradeOf("lab.ANC.baseline") + " >= 2.0",
             {"lab.ANC"}),
      Define("HRDEV", "vs.HR.value - vs.HR.window(days(7)).mean() > 40.0", {"vs.HR"}),
      Define("GLUC", "lab.GLUC.value < 3.0 || lab.GLUC.value > 22.2", {"lab.GLUC"}),
      Define("FN", "vs.TEMP.value >= 38.3 && lab.ANC.asof(days(3)) < 1.0", {"vs.TEMP", "lab.ANC"}),
      Define("SPO2", "vs.SPO2.value < 90.0 && vs.SPO2.prev.value < 90.0", {"vs.SPO2"}),
  };
}

std::vector<RuleDefinition> FurtherRules() {
  std::vector<RuleDefinition> rules;
  AddEpisodeRules(&rules);
  AddRecordRules(&rules);
  AddAbsenceRules(&rules);
  return rules;
}

std::vector<TimedRule> CompileAll(std::span<const RuleDefinition> definitions,
                                  Seconds change_of_version) {
  std::vector<TimedRule> rules;
  for (const RuleDefinition& definition : definitions) {
    auto compiled = CompileRule(definition, OperationCatalog());
    if (!compiled) {
      for (const Diagnostic& diagnostic : compiled.error()) {
        std::fprintf(stderr, "%s: %s\n", definition.rule_id.c_str(),
                     Render(definition.when, diagnostic).c_str());
      }
      std::abort();
    }
    TimedRule& timed = rules.emplace_back();
    timed.rule = *compiled;
    timed.version_id = definition.rule_id + "-1";
    timed.from = INT64_MIN;
    const bool two_versions =
        std::ranges::find(kOfTwoVersions, definition.rule_id) != std::end(kOfTwoVersions);
    if (change_of_version != 0 && two_versions) {
      timed.until = change_of_version;
      TimedRule second = timed;
      second.version_id = definition.rule_id + "-2";
      second.from = change_of_version;
      second.until = INT64_MAX;
      rules.push_back(std::move(second));
    }
  }
  return rules;
}

}  // namespace vedette::rules::testing
