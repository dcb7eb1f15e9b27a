// SPDX-License-Identifier: Apache-2.0
// The essential rules in plain words, to the letter: it is what a reviewer signs.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "rules/check/test_catalog.h"
#include "rules/envelope/catalog_file.h"
#include "rules/envelope/envelope.h"
#include "rules/envelope/explain.h"

namespace vedette::rules {
namespace {

struct Sentence {
  const char* rule;
  const char* english;
  const char* chinese;
};

const Sentence kSentences[] = {
    {"HEP-01",
     "(the highest Alanine aminotransferase within 14 days is at least 3 times the upper limit or "
     "the highest Aspartate aminotransferase within 14 days is at least 3 times the upper limit), "
     "and the highest Total bilirubin within 14 days is at least 2 times the upper limit, and the "
     "highest Alkaline phosphatase within 14 days is below 2 times the upper limit; it ends when "
     "Alanine aminotransferase is below 2 times the upper limit, and Total bilirubin is below 1.5 "
     "times the upper limit",
     "（14 天内丙氨酸氨基转移酶的最高值不低于 3 倍正常值上限，或14 "
     "天内天门冬氨酸氨基转移酶的最高值不低于 3 倍正常值上限），且14 天内总胆红素的最高值不低于 2 "
     "倍正常值上限，且14 天内碱性磷酸酶的最高值低于 2 倍正常值上限；当丙氨酸氨基转移酶低于 2 "
     "倍正常值上限，且总胆红素低于 1.5 倍正常值上限时结束"},
    {"CAR-01",
     "QTcF interval is above 500 ms, or the change of QTcF interval from baseline is above 60 ms",
     "QTcF 间期高于 500 ms，或QTcF 间期较基线的变化高于 60 ms"},
    {"VS-01",
     "there are at least 2 values of Systolic blood pressure, and for each of the last 2 values of "
     "Systolic blood pressure, the value is at least 160 mmHg",
     "收缩压至少已有 2 次结果，且最近 2 次收缩压每一项都满足：该值不低于 160 mmHg"},
    {"LAB-01",
     "the CTCAE grade of low Neutrophils minus the grade of low Neutrophils at baseline is at "
     "least 2",
     "中性粒细胞计数降低的 CTCAE 分级减基线时中性粒细胞计数降低的分级不低于 2"},
    {"VIS-01",
     "the visit Week 4 has not taken place, and the present time is after the end of the window of "
     "the visit Week 4 plus 3 days, and the subject's status is \"ACTIVE\"",
     "第 4 周访视尚未完成，且当前时间晚于第 4 周访视窗口期结束加 3 天，且受试者的状态为“ACTIVE”"},
    {"PRO-01", "the number of planned entries of Symptom diary score missed in a row is at least 3",
     "症状日记评分连续漏填的次数不低于 3"},
    {"LAB-02",
     "the number of values of Haemoglobin within 8 weeks is at least 3, and the change of "
     "Haemoglobin a day over 8 weeks times 7 is at most -0.5 g/dL/d",
     "8 周内血红蛋白的次数不低于 3，且8 周内血红蛋白的每日变化乘以 7不高于 -0.5 g/dL/d"},
    {"REN-01",
     "Creatinine is at least the lowest Creatinine within 48 hours plus 26.5 umol/L, or Creatinine "
     "is at least 1.5 times the lowest Creatinine within 7 days",
     "肌酐不低于 48 小时内肌酐的最低值加 26.5 umol/L，或肌酐不低于 1.5 乘以 7 天内肌酐的最低值"},
    {"HEM-01",
     "the latest Temperature within 1 day is at least 38.3 C, and the latest Neutrophils within 3 "
     "days is below 1 10^9/L",
     "1 天内最近一次体温不低于 38.3 C，且3 天内最近一次中性粒细胞计数低于 1 10^9/L"},
    {"VS-02", "Weight minus the lowest Weight within 7 days is at least 2 kg",
     "体重减 7 天内体重的最低值不低于 2 kg"},
    {"TLS-01",
     "the number of these that hold (the latest Urate within 24 hours is at least 476 umol/L; the "
     "latest Potassium within 24 hours is at least 6 mmol/L; the latest Phosphate within 24 hours "
     "is at least 1.45 mmol/L; the latest Calcium within 24 hours is at most 1.75 mmol/L) is at "
     "least 2",
     "以下各项中成立的数目（24 小时内最近一次血尿酸不低于 476 umol/L；24 小时内最近一次血钾不低于 "
     "6 mmol/L；24 小时内最近一次血磷不低于 1.45 mmol/L；24 小时内最近一次血钙不高于 1.75 "
     "mmol/L）不低于 2"},
    {"XF-01",
     "for each row of Adverse events: start of the adverse event is given, and start of the "
     "adverse event is before informed consent of Informed consent",
     "对不良事件的每一行：已填写不良事件开始日期，且不良事件开始日期早于知情同意中的知情同意日期"},
    {"XF-02",
     "for each row of Concomitant medication: standard name of the medication is in the list "
     "STRONG_CYP3A4, and start of the medication is not after the subject's last dose, and (end of "
     "the medication is not given or end of the medication is not before the subject's first dose)",
     "对合并用药的每一行：合并用药标准名称属于列表 "
     "STRONG_"
     "CYP3A4，且合并用药开始日期不晚于受试者的末次给药时间，且（未填写合并用药结束日期，或合并用药"
     "结束日期不早于受试者的首次给药时间）"},
    {"SAE-01",
     "for each row of Adverse events: serious is \"Y\", and (when the sponsor was told if when the "
     "sponsor was told is given, otherwise the present time) minus when the site became aware is "
     "longer than 24 hours",
     "对不良事件的每一行：是否严重不良事件为“Y”，且（若已填写报告申办方时间则取报告申办方时间，否则"
     "取当前时间）减研究中心获知时间超过 24 小时"},
    {"PREG-01",
     "the subject's sex is \"F\", and the subject's childbearing potential is true, and the "
     "subject is on treatment, and the present time minus the time of Pregnancy test is longer "
     "than 31 days",
     "受试者的性别为“F”，且受试者的生育能力为“是”，且受试者在治疗期，且当前时间减妊娠试验的采集时间"
     "超过 31 天"},
    {"FAB-01",
     "there are at least 5 values of Systolic blood pressure, and for each of the last 5 values of "
     "Systolic blood pressure, the value is the same as Systolic blood pressure, and for each of "
     "the last 5 values of Diastolic blood pressure, the value is the same as Diastolic blood "
     "pressure",
     "收缩压至少已有 5 次结果，且最近 5 次收缩压每一项都满足：该值与收缩压相同，且最近 5 "
     "次舒张压每一项都满足：该值与舒张压相同"},
    {"DOSE-01",
     "for each row of Exposure: dose is above 0 mg, and there is none of the values of Neutrophils "
     "in the 3 days before start of dosing",
     "对给药记录的每一行：给药剂量高于 0 mg，且没有给药开始时间前 3 天内的中性粒细胞计数结果"},
    {"XF-03",
     "the CTCAE grade of high Alanine aminotransferase is at least 3, and none of Adverse events "
     "is such that (preferred term is in the list HEPATIC_DISORDERS, and start of the adverse "
     "event is not before the time of Alanine aminotransferase minus 7 days, and start of the "
     "adverse event is not after the time of Alanine aminotransferase plus 7 days); judged 7 days "
     "later",
     "丙氨酸氨基转移酶升高的 CTCAE 分级不低于 3，且不良事件中没有一项满足（不良事件首选语属于列表 "
     "HEPATIC_DISORDERS，且不良事件开始日期不早于丙氨酸氨基转移酶的采集时间减 7 "
     "天，且不良事件开始日期不晚于丙氨酸氨基转移酶的采集时间加 7 天）；7 天后判定"},
    {"PRO-02", "PHQ-9 item 9 is at least 1", "PHQ-9 第 9 题不低于 1"},
    {"WEAR-01",
     "the mean Wearable heart rate over 1 hour is above the mean Wearable heart rate over 28 days "
     "plus 3 times the standard deviation of Wearable heart rate over 28 days, for at least 2 "
     "hours",
     "1 小时内可穿戴设备心率的均值高于 28 天内可穿戴设备心率的均值加 3 乘以 28 "
     "天内可穿戴设备心率的标准差，并持续至少 2 小时"},
    {"KRI-01",
     "for each site, once a day: the z-score of adverse events a day on study of the site is at "
     "most -2, and the denominator of adverse events a day on study of the site is at least 30",
     "对每个中心，每日一次：该中心不良事件发生率的 z 值不高于 "
     "-2，且该中心不良事件发生率的分母不低于 30"},
};

std::string ReadText(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(DescribeTest, TheEssentialRules) {
  const auto catalog = ParseCatalog(ReadText("examples/rules/catalog.yaml"));
  ASSERT_TRUE(catalog.has_value());
  const auto definitions = ParseEnvelopes(ReadText("examples/rules/essential.yaml"));
  ASSERT_TRUE(definitions.has_value());
  std::map<std::string, RuleDefinition> by_id;
  for (const RuleDefinition& definition : *definitions) by_id[definition.rule_id] = definition;
  EXPECT_EQ(by_id.size(), std::size(kSentences));
  for (const Sentence& sentence : kSentences) {
    const auto rule = CompileRule(by_id[sentence.rule], *catalog);
    ASSERT_TRUE(rule.has_value()) << sentence.rule;
    EXPECT_EQ(Describe(**rule, **catalog, Language::kEnglish), sentence.english);
    EXPECT_EQ(Describe(**rule, **catalog, Language::kChinese), sentence.chinese);
  }
}

struct Construct {
  const char* when;
  const char* english;
};

// What the essential rules do not use.
TEST(DescribeTest, OtherConstructs) {
  const Construct constructs[] = {
      {"140.0 < vs.SYSBP.value", "Systolic Blood Pressure is above 140 mmHg"},
      {"!(vs.SYSBP.value > 1.0 && vs.DIABP.value > 1.0)",
       "Systolic Blood Pressure is at most 1 mmHg, or Diastolic Blood Pressure is at most 1 mmHg"},
      {"!!(vs.SYSBP.value > 1.0)", "Systolic Blood Pressure is above 1 mmHg"},
      {"vs.SYSBP.pct_change > 10.0",
       "the percent change of Systolic Blood Pressure from baseline is above 10 %"},
      {"vs.SYSBP.prev(3).value > 1.0",
       "the Systolic Blood Pressure 3 times before is above 1 mmHg"},
      {"vs.SYSBP.last(3).exists(o, o.value > 1.0)",
       "one of the last 3 values of Systolic Blood Pressure is such that (the value is above 1 "
       "mmHg)"},
      {"lab.HCG.value != \"NEGATIVE\"", "Pregnancy Test is not \"NEGATIVE\""},
      {"!subject.on_treatment && vs.SYSBP.value > 1.0",
       "the subject is not on treatment, and Systolic Blood Pressure is above 1 mmHg"},
      {"subject.childbearing == false && vs.SYSBP.value > 1.0",
       "the subject's childbearing is not true, and Systolic Blood Pressure is above 1 mmHg"},
      {"qtcf(eg.QT.value, eg.RR.value) > 480.0",
       "qtcf of (QT Interval, RR Interval) is above 480 ms"},
  };
  for (const Construct& construct : constructs) {
    RuleDefinition definition{.rule_id = "A", .title = "t", .when = construct.when};
    const auto rule = CompileRule(definition, TestCatalog());
    ASSERT_TRUE(rule.has_value()) << construct.when << ": " << rule.error()[0].message;
    EXPECT_EQ(Describe(**rule, *TestCatalog(), Language::kEnglish), construct.english);
  }
}

}  // namespace
}  // namespace vedette::rules
