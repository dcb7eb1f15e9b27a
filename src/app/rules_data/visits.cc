// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/rules_data/domains.h"
#include "app/rules_data/sdtm_table.h"
#include "formats/csv/number.h"

namespace vedette::app::rules_data {
namespace {

using rules::Change;
using rules::Seconds;
using rules::ValueKind;

// VISITNUM in hundredths: 8.1 and 8.10 are one visit.
std::optional<std::int64_t> ReadVisitNumber(std::string_view text) {
  double number = 0;
  if (!formats::csv::ReadNumber(text, number) || std::abs(number) > 1e9) return std::nullopt;
  return std::llround(number * 100);
}

// "WEEK 4" is W4; else the letters and digits, joined by '_'.
std::string VisitCode(std::string_view label) {
  std::string code;
  for (const char c : label) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if ((upper >= 'A' && upper <= 'Z') || (upper >= '0' && upper <= '9')) {
      code += upper;
    } else if (!code.empty() && code.back() != '_') {
      code += '_';
    }
  }
  while (code.ends_with('_')) code.pop_back();
  if (code.starts_with("WEEK_")) code.replace(0, 5, "W");
  if (code.empty() || (code[0] >= '0' && code[0] <= '9')) code.insert(0, "V");
  return code;
}

// A start rule that depends on what happens to the subject: "If subject stopped early, …".
bool IsConditional(std::string_view start_rule) {
  return start_rule.starts_with("If ") || start_rule.starts_with("When ");
}

using ItemsByNumber = std::map<std::int64_t, std::uint32_t>;

Result<ItemsByNumber> ReadPlan(const std::string& folder,
                               const SdtmOptions& options,
                               StudyBuilder& builder) {
  ItemsByNumber items;
  std::set<std::string> codes;
  VEDETTE_TRY(const std::optional<SdtmFile> file, FindSdtmFile(folder, "tv"));
  if (!file) return items;
  const std::vector<std::string> columns = {"VISITNUM", "VISIT", "VISITDY", "TVSTRL"};
  VEDETTE_CHECK_OK(ReadSdtmRows(*file, columns, [&](const SdtmRow& row) {
    const std::optional<std::int64_t> number = ReadVisitNumber(row[0]);
    double day = 0;
    if (!number || items.contains(*number) || !formats::csv::ReadNumber(row[2], day) ||
        std::abs(day) > 36'500 || day == 0 || IsConditional(row[3])) {
      return;
    }
    std::string code = VisitCode(row[1]);
    if (!codes.insert(code).second) code += "_" + std::to_string(*number);
    const std::uint32_t item = builder.AddItem({.code = "SV." + code,
                                                .name = "sv." + code,
                                                .label = std::string(row[1]) + " took place",
                                                .kind = ValueKind::kBoolean});
    items.emplace(*number, item);
    builder.AddVisit({.code = code,
                      .label = std::string(row[1]),
                      .day = static_cast<std::int32_t>(day),
                      .window_before = options.visit_window_days,
                      .window_after = options.visit_window_days,
                      .item = "SV." + code});
  }));
  return items;
}

}  // namespace

Status ReadVisits(const std::string& folder, const SdtmOptions& options, StudyBuilder& builder) {
  VEDETTE_TRY(const ItemsByNumber items, ReadPlan(folder, options, builder));
  VEDETTE_TRY(const std::optional<SdtmFile> file, FindSdtmFile(folder, "sv"));
  if (!file || items.empty()) return {};
  const std::vector<std::string> columns = {"USUBJID", "VISITNUM", "SVSTDTC"};
  return ReadSdtmRows(*file, columns, [&](const SdtmRow& row) {
    builder.CountRecord();
    const std::optional<std::uint32_t> subject = builder.FindSubject(row[0]);
    const std::optional<std::int64_t> number = ReadVisitNumber(row[1]);
    const std::optional<Seconds> time = ReadSdtmTime(row[2]);
    if (!subject || !number || !time) return builder.CountSkipped();
    const auto item = items.find(*number);
    if (item == items.end()) return;
    builder.Add(*subject, {.item = item->second,
                           .key = RecordKey({row[0], "SV", row[1]}),
                           .time = *time,
                           .received = *time,
                           .number = 1});
  });
}

}  // namespace vedette::app::rules_data
