// SPDX-License-Identifier: Apache-2.0
#include "rules/scores/grading.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "criteria.embed.h"
#include "model/unit_table.h"
#include "rules/scores/criteria_table.h"
#include "rules/scores/significant_digits.h"

namespace vedette::rules {

// A block, and how values in one unit become values in its first unit.
class GradeCriteria {
 public:
  GradeCriteria(const CriteriaBlock& block, UnitConversion conversion)
      : block_(&block), conversion_(std::move(conversion)) {}

  const CriteriaBlock& block() const { return *block_; }
  const UnitConversion& conversion() const { return conversion_; }
  bool identity() const { return conversion_.factor == 1 && conversion_.offset == 0; }

 private:
  const CriteriaBlock* block_;
  UnitConversion conversion_;
};

namespace {

// A block with its criteria for every unit that converts; for blocks of any unit exactly one.
struct Entry {
  CriteriaBlock block;
  std::vector<GradeCriteria> criteria;
};

void AddCriteria(Entry& entry) {
  if (entry.block.units.empty()) {
    entry.criteria.emplace_back(entry.block, UnitConversion{});
    return;
  }
  const std::string_view analyte = entry.block.analytes.front();
  const std::string& unit = entry.block.units.front();
  for (const std::string_view code : UnitsConvertibleTo(analyte, unit)) {
    if (auto conversion = ConvertUnit(analyte, code, unit)) {
      entry.criteria.emplace_back(entry.block, std::move(*conversion));
    }
  }
}

std::vector<Entry> Compile() {
  std::vector<Entry> entries;
  for (const EmbeddedFile& file : kCriteria) {
    auto blocks = ParseCriteria(file.content);
    if (!blocks) continue;  // the tables are part of the build; a test reads each
    for (CriteriaBlock& block : *blocks) entries.push_back({std::move(block), {}});
  }
  // Only now do blocks stay where they are.
  for (Entry& entry : entries) AddCriteria(entry);
  return entries;
}

const std::vector<Entry>& Entries() {
  static const std::vector<Entry> entries = Compile();
  return entries;
}

bool EqualWithoutCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(
      names, [&](const std::string& candidate) { return EqualWithoutCase(candidate, name); });
}

bool IsAbout(const CriteriaBlock& block,
             std::string_view version,
             GradeDirection direction,
             std::string_view analyte) {
  return block.direction == direction && Contains(block.versions, version) &&
         (EqualWithoutCase(block.term, analyte) || Contains(block.analytes, analyte));
}

const GradeCriteria* InUnit(const Entry& entry, std::string_view code) {
  const auto found = std::ranges::find_if(
      entry.criteria, [&](const GradeCriteria& c) { return c.conversion().unit == code; });
  return found == entry.criteria.end() ? nullptr : &*found;
}

bool IsHigh(const GradeInput& input) {
  if (input.baseline_range != BaselineRange::kByLimits) {
    return input.baseline_range == BaselineRange::kHigh;
  }
  return input.baseline > input.baseline_upper_limit;
}

bool IsLow(const GradeInput& input) {
  if (input.baseline_range != BaselineRange::kByLimits) {
    return input.baseline_range == BaselineRange::kLow;
  }
  return input.baseline < input.baseline_lower_limit;
}

double PercentChange(const GradeInput& input) {
  if (!std::isnan(input.percent_change)) return input.percent_change;
  if (input.baseline == 0) return std::numeric_limits<double>::quiet_NaN();
  return 100 * (input.value - input.baseline) / input.baseline;
}

double ValueOf(const CriteriaOperand& operand, const GradeInput& input) {
  double variable = 0;
  switch (operand.variable) {
    case CriteriaVariable::kNone:
      return operand.addend;
    case CriteriaVariable::kValue:
      variable = input.value;
      break;
    case CriteriaVariable::kLowerLimit:
      variable = input.lower_limit;
      break;
    case CriteriaVariable::kUpperLimit:
      variable = input.upper_limit;
      break;
    case CriteriaVariable::kBaseline:
      variable = input.baseline;
      break;
    case CriteriaVariable::kPercentChange:
      variable = PercentChange(input);
      break;
  }
  return operand.factor * variable + operand.addend;
}

bool Holds(const CriteriaClause& clause, const GradeInput& input) {
  using enum CriteriaClause::Kind;
  switch (clause.kind) {
    case kUnknown:
      return std::isnan(ValueOf(clause.left, input));
    case kBaselineHigh:
      return IsHigh(input);
    case kBaselineNotHigh:
      return !IsHigh(input);
    case kBaselineLow:
      return IsLow(input);
    case kBaselineNotLow:
      return !IsLow(input);
    case kLess:
    case kAtMost:
    case kGreater:
    case kAtLeast:
      break;
  }
  const double left = ValueOf(clause.left, input);
  const double right = ValueOf(clause.right, input);
  if (std::isnan(left) || std::isnan(right)) return false;
  const int order = CompareAt15Digits(left, right);
  switch (clause.kind) {
    case kLess:
      return order < 0;
    case kAtMost:
      return order <= 0;
    case kGreater:
      return order > 0;
    default:
      return order >= 0;
  }
}

// The input in the unit of the block's thresholds.
GradeInput Converted(const GradeInput& input, const UnitConversion& conversion) {
  GradeInput converted = input;
  for (double* number :
       {&converted.value, &converted.lower_limit, &converted.upper_limit, &converted.baseline,
        &converted.baseline_upper_limit, &converted.baseline_lower_limit}) {
    *number = *number * conversion.factor + conversion.offset;
  }
  return converted;
}

int GradeConverted(const CriteriaBlock& block, const GradeInput& input) {
  for (const CriteriaArm& arm : block.arms) {
    if (std::ranges::all_of(arm.clauses,
                            [&](const CriteriaClause& clause) { return Holds(clause, input); })) {
      return arm.grade;
    }
  }
  return 0;
}

}  // namespace

const GradeCriteria* FindGradeCriteria(std::string_view version,
                                       GradeDirection direction,
                                       std::string_view analyte,
                                       std::string_view unit,
                                       UnitMatch match) {
  const std::string_view code = UcumCode(unit);
  const GradeCriteria* found = nullptr;
  for (const Entry& entry : Entries()) {
    if (!IsAbout(entry.block, version, direction, analyte)) continue;
    if (entry.block.units.empty()) return &entry.criteria.front();
    if (match == UnitMatch::kAsPublished) {
      for (const std::string& published : entry.block.units) {
        if (EqualWithoutCase(published, unit)) return InUnit(entry, UcumCode(published));
      }
      continue;
    }
    const GradeCriteria* candidate = code.empty() ? nullptr : InUnit(entry, code);
    if (candidate == nullptr) continue;
    if (candidate->identity()) return candidate;
    if (found == nullptr) found = candidate;
  }
  return found;
}

int Grade(const GradeCriteria& criteria, const GradeInput& input) {
  if (std::isnan(input.value)) return -1;
  if (criteria.identity()) return GradeConverted(criteria.block(), input);
  return GradeConverted(criteria.block(), Converted(input, criteria.conversion()));
}

std::string_view TermOf(const GradeCriteria& criteria) { return criteria.block().term; }

}  // namespace vedette::rules
