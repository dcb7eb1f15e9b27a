// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/phrase_book.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace vedette::rules {
namespace {

struct ChineseName {
  std::string_view code;
  std::string_view name;
};

// By test code as CDISC has it, and by attribute.
constexpr ChineseName kChineseNames[] = {
    {"SYSBP", "收缩压"},
    {"DIABP", "舒张压"},
    {"PULSE", "脉率"},
    {"HR", "心率"},
    {"EGHR", "心电图心率"},
    {"WHR", "可穿戴设备心率"},
    {"TEMP", "体温"},
    {"WEIGHT", "体重"},
    {"HEIGHT", "身高"},
    {"RESP", "呼吸频率"},
    {"SPO2", "血氧饱和度"},
    {"ALT", "丙氨酸氨基转移酶"},
    {"AST", "天门冬氨酸氨基转移酶"},
    {"ALP", "碱性磷酸酶"},
    {"TBILI", "总胆红素"},
    {"BILI", "总胆红素"},
    {"GGT", "γ-谷氨酰转移酶"},
    {"ALB", "白蛋白"},
    {"CREAT", "肌酐"},
    {"BUN", "尿素氮"},
    {"HGB", "血红蛋白"},
    {"NEUT", "中性粒细胞计数"},
    {"PLAT", "血小板计数"},
    {"WBC", "白细胞计数"},
    {"LYM", "淋巴细胞计数"},
    {"K", "血钾"},
    {"NA", "血钠"},
    {"SODIUM", "血钠"},
    {"CA", "血钙"},
    {"PHOS", "血磷"},
    {"URATE", "血尿酸"},
    {"GLUC", "血糖"},
    {"HCG", "妊娠试验"},
    {"QTCF", "QTcF 间期"},
    {"QT", "QT 间期"},
    {"RR", "RR 间期"},
    {"DIARY", "症状日记评分"},
    {"PHQ0109", "PHQ-9 第 9 题"},
    {"AETERM", "不良事件名称"},
    {"AEDECOD", "不良事件首选语"},
    {"AESER", "是否严重不良事件"},
    {"AESEV", "严重程度"},
    {"AESTDT", "不良事件开始日期"},
    {"AEENDT", "不良事件结束日期"},
    {"AEOUT", "转归"},
    {"AWAREDTM", "研究中心获知时间"},
    {"REPORTED", "报告申办方时间"},
    {"CMDECOD", "合并用药标准名称"},
    {"CMSTDT", "合并用药开始日期"},
    {"CMENDT", "合并用药结束日期"},
    {"EXDOSE", "给药剂量"},
    {"EXSTDTM", "给药开始时间"},
    {"EXSTDT", "给药开始日期"},
    {"CONSENTDT", "知情同意日期"},
    {"AESDTH", "导致死亡"},
    {"AESHOSP", "住院"},
    {"AESLIFE", "危及生命"},
    {"AE_RATE", "不良事件发生率"},
    {"SAE_RATE", "严重不良事件发生率"},
    {"sex", "性别"},
    {"age", "年龄"},
    {"status", "状态"},
    {"country", "国家"},
    {"childbearing", "生育能力"},
    {"first_dose", "首次给药时间"},
    {"last_dose", "末次给药时间"},
    {"arm", "治疗组"},
    {"end", "参加试验的结束日期"},
    {"death", "死亡日期"},
    {"AE", "不良事件"},
    {"CM", "合并用药"},
    {"EX", "给药记录"},
    {"IC", "知情同意"},
    {"DS", "受试者处置"},
    {"MH", "既往史"},
};

std::string_view ChineseNameOf(std::string_view code) {
  const auto found = std::ranges::find(kChineseNames, code, &ChineseName::code);
  return found == std::end(kChineseNames) ? std::string_view() : found->name;
}

struct TimeUnit {
  std::int64_t seconds;
  std::string_view one;
  std::string_view many;
  std::string_view chinese;
};
constexpr std::array<TimeUnit, 5> kTimeUnits = {{{7 * kDay, "week", "weeks", "周"},
                                                 {kDay, "day", "days", "天"},
                                                 {3600, "hour", "hours", "小时"},
                                                 {60, "minute", "minutes", "分钟"},
                                                 {1, "second", "seconds", "秒"}}};
constexpr std::int64_t kWeeksFrom = 4;

}  // namespace

std::string PhraseBook::Say(const Phrase& phrase,
                            std::initializer_list<std::string_view> parts) const {
  const std::string_view text = chinese() ? phrase.chinese : phrase.english;
  std::string said;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{' && i + 2 < text.size() && text[i + 2] == '}') {
      const auto index = static_cast<std::size_t>(text[i + 1] - '0');
      if (index < parts.size()) said += parts.begin()[index];
      i += 2;
    } else {
      said += text[i];
    }
  }
  return said;
}

std::string PhraseBook::Item(const CatalogItem& item) const {
  if (chinese()) {
    const std::size_t dot = item.name.rfind('.');
    const std::string_view tail =
        dot == std::string::npos ? item.name : std::string_view(item.name).substr(dot + 1);
    for (const std::string_view key : {std::string_view(item.code), tail}) {
      if (const std::string_view name = ChineseNameOf(key); !name.empty()) return std::string(name);
    }
  }
  if (!item.label.empty() && item.label != item.name) return item.label;
  std::string name = item.name;
  if (item.role == CatalogItem::Role::kAttribute) std::ranges::replace(name, '_', ' ');
  return name;
}

std::string PhraseBook::Form(std::string_view name) const {
  if (chinese()) {
    if (const std::string_view known = ChineseNameOf(name); !known.empty()) {
      return std::string(known);
    }
  }
  const CatalogForm* form = catalog_.FindForm(name);
  return form == nullptr || form->label.empty() ? std::string(name) : form->label;
}

std::string PhraseBook::Duration(std::int64_t seconds) const {
  std::string text;
  for (const TimeUnit& unit : kTimeUnits) {
    const std::int64_t count = seconds / unit.seconds;
    const bool weeks = unit.seconds == 7 * kDay;
    if (count == 0 || (weeks && (count < kWeeksFrom || seconds % unit.seconds != 0))) continue;
    seconds -= count * unit.seconds;
    if (!text.empty() && !chinese()) text += ' ';
    text += Duration(count, unit.seconds);
  }
  if (text.empty()) return Say({"no time", "零时间"});
  return text;
}

std::string PhraseBook::Duration(std::int64_t count, std::int64_t unit_seconds) const {
  const auto unit = std::ranges::find(kTimeUnits, unit_seconds, &TimeUnit::seconds);
  if (unit == kTimeUnits.end()) return Duration(count * unit_seconds);
  const std::string_view name = chinese() ? unit->chinese : count == 1 ? unit->one : unit->many;
  return std::to_string(count) + " " + std::string(name);
}

std::string PhraseBook::Visit(std::string_view code) const {
  const CatalogVisit* visit = catalog_.FindVisit(code);
  const std::string label(visit == nullptr || visit->label.empty() ? code : visit->label);
  if (!chinese()) return label;
  const std::string_view week =
      std::string_view(label).starts_with("Week ") || std::string_view(label).starts_with("WEEK ")
          ? std::string_view(label).substr(5)
          : std::string_view();
  const bool number =
      !week.empty() && std::ranges::all_of(week, [](char c) { return c >= '0' && c <= '9'; });
  return number ? "第 " + std::string(week) + " 周" : Quote(label);
}

std::string PhraseBook::Kri(std::string_view id) const {
  if (const std::string_view name = ChineseNameOf(id); chinese() && !name.empty()) {
    return std::string(name);
  }
  const CatalogKri* kri = catalog_.FindKri(id);
  return kri == nullptr || kri->label.empty() ? std::string(id) : kri->label;
}

std::string PhraseBook::Quote(std::string_view text) const {
  return Say({"\"{0}\"", "“{0}”"}, {text});
}

std::string PhraseBook::Finish(std::string text) const {
  if (!chinese()) return text;
  const auto is_wide = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  std::string tidy;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool between_wide = text[i] == ' ' && !tidy.empty() && is_wide(tidy.back()) &&
                              i + 1 < text.size() && is_wide(text[i + 1]);
    if (!between_wide) tidy += text[i];
  }
  return tidy;
}

}  // namespace vedette::rules
