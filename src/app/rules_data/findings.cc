// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
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
#include "rules/clinical/observation.h"
#include "rules/scores/grading.h"

namespace vedette::app::rules_data {
namespace {

using rules::CatalogItem;
using rules::Change;
using rules::Observation;
using rules::Seconds;
using rules::ValueKind;

constexpr std::size_t kMaxTerms = 100;

enum Column : std::size_t {
  kSubject,
  kSequence,
  kCode,
  kLabel,
  kNumber,
  kCharacter,
  kUnit,
  kLow,
  kHigh,
  kStatus,
  kTime
};

struct FindingsDomain {
  const char* domain;
  const char* prefix;  // of columns
  const char* space;   // of rule names
};
constexpr FindingsDomain kDomains[] = {
    {"vs", "VS", "vs"}, {"lb", "LB", "lab"}, {"eg", "EG", "eg"}, {"qs", "QS", "pro"}};

// Codes that rules know by another name than SDTM's.
struct RuleName {
  const char* code;
  const char* name;
};
constexpr RuleName kLabNames[] = {{"BILI", "TBILI"}, {"SODIUM", "NA"}};

// What a first pass learns of a test.
struct Test {
  std::string label;
  std::map<std::string, std::uint64_t> units;  // records of each
  std::uint64_t numbers = 0;
  std::uint64_t texts = 0;
  std::set<std::string> terms;
  std::uint32_t item = 0;
  std::string unit;
  ValueKind kind = ValueKind::kNumber;
};

struct ReadValue {
  double number = NAN;
  std::uint8_t flags = Observation::kNone;
};

// "7.1", or "<3.42" and ">400" as bounds.
std::optional<ReadValue> ReadResult(std::string_view number, std::string_view text) {
  ReadValue result;
  if (formats::csv::ReadNumber(number, result.number)) return result;
  if (text.size() < 2 || (text[0] != '<' && text[0] != '>') ||
      !formats::csv::ReadNumber(text.substr(1), result.number)) {
    return std::nullopt;
  }
  result.flags = text[0] == '<' ? Observation::kBelow : Observation::kAbove;
  return result;
}

bool IsIdentifier(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

class FindingsReader {
 public:
  FindingsReader(const FindingsDomain& domain, StudyBuilder& builder)
      : domain_(domain), builder_(builder) {}

  Status Read(const SdtmFile& file) {
    const std::string prefix = domain_.prefix;
    std::vector<std::string> columns = {"USUBJID"};
    for (const char* name : {"SEQ", "TESTCD", "TEST", "STRESN", "STRESC", "STRESU", "STNRLO",
                             "STNRHI", "STAT", "DTC"}) {
      columns.push_back(prefix + name);
    }
    VEDETTE_CHECK_OK(ReadSdtmRows(file, columns, [&](const SdtmRow& row) { Learn(row); }));
    for (auto& [code, test] : tests_) Describe(code, &test);
    return ReadSdtmRows(file, columns, [&](const SdtmRow& row) { Take(row); });
  }

 private:
  void Learn(const SdtmRow& row) {
    if (!IsIdentifier(row[kCode])) return;
    Test& test = tests_[std::string(row[kCode])];
    if (test.label.empty()) test.label = row[kLabel];
    if (ReadResult(row[kNumber], row[kCharacter])) {
      ++test.numbers;
      ++test.units[std::string(row[kUnit])];
    } else if (!row[kCharacter].empty()) {
      ++test.texts;
      if (test.terms.size() <= kMaxTerms) test.terms.emplace(row[kCharacter]);
    }
  }

  void Describe(const std::string& code, Test* test) {
    std::string name = code;
    if (std::string_view(domain_.space) == "lab") {
      for (const RuleName& known : kLabNames) {
        if (code == known.code) name = known.name;
      }
    }
    // The plain code, as events carry it, unless another domain has a test of that name.
    CatalogItem item{
        .code = builder_.HasCode(code) ? std::string(domain_.prefix) + "." + code : code,
        .name = std::string(domain_.space) + "." + name,
        .label = test->label};
    test->kind = test->numbers > 0 || test->texts == 0 ? ValueKind::kNumber : ValueKind::kText;
    item.kind = test->kind;
    if (test->kind == ValueKind::kNumber) {
      const auto most =
          std::ranges::max_element(test->units, {}, [](const auto& unit) { return unit.second; });
      if (most != test->units.end()) test->unit = most->first;
      item.unit = test->unit;
      item.grading = Graded(code, test->unit) ? code : "";
    } else if (test->terms.size() <= kMaxTerms) {
      item.codelist = item.code;
      for (const std::string& term : test->terms) builder_.AddTerm(item.codelist, term);
    }
    test->item = builder_.AddItem(std::move(item));
  }

  static bool Graded(const std::string& code, const std::string& unit) {
    const rules::Catalog defaults;
    return rules::FindGradeCriteria(defaults.grading_version, rules::GradeDirection::kHigh, code,
                                    unit) != nullptr ||
           rules::FindGradeCriteria(defaults.grading_version, rules::GradeDirection::kLow, code,
                                    unit) != nullptr;
  }

  void Take(const SdtmRow& row) {
    builder_.CountRecord();
    const auto found = tests_.find(std::string(row[kCode]));
    const std::optional<std::uint32_t> subject = builder_.FindSubject(row[kSubject]);
    const std::optional<Seconds> time = ReadSdtmTime(row[kTime]);
    if (found == tests_.end() || !subject || !time) return builder_.CountSkipped();
    const Test& test = found->second;
    Change change{.item = test.item,
                  .key = RecordKey({row[kSubject], domain_.prefix, row[kSequence]}),
                  .time = *time,
                  .received = *time};
    if (!TakeValue(row, test, &change)) return builder_.CountSkipped();
    builder_.Add(*subject, std::move(change));
  }

  static bool TakeValue(const SdtmRow& row, const Test& test, Change* change) {
    if (test.kind == ValueKind::kText) {
      change->text = row[kCharacter];
      if (row[kCharacter].empty()) change->flags = Observation::kAbsent;
      return true;
    }
    const std::optional<ReadValue> result = ReadResult(row[kNumber], row[kCharacter]);
    if (!result) {
      change->flags = Observation::kAbsent;
      return row[kStatus] == "NOT DONE" || row[kCharacter].empty();
    }
    if (row[kUnit] != test.unit) return false;
    change->number = result->number;
    change->flags = result->flags;
    formats::csv::ReadNumber(row[kLow], change->range_low);
    formats::csv::ReadNumber(row[kHigh], change->range_high);
    return true;
  }

  const FindingsDomain& domain_;
  StudyBuilder& builder_;
  std::map<std::string, Test> tests_;
};

}  // namespace

Status ReadFindings(const std::string& folder, StudyBuilder& builder) {
  for (const FindingsDomain& domain : kDomains) {
    VEDETTE_TRY(const std::optional<SdtmFile> file, FindSdtmFile(folder, domain.domain));
    if (file) VEDETTE_CHECK_OK(FindingsReader(domain, builder).Read(*file));
  }
  return {};
}

}  // namespace vedette::app::rules_data
