// SPDX-License-Identifier: Apache-2.0
#include "rules/scores/criteria_table.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <string>

namespace vedette::rules {
namespace {

using Words = std::vector<std::string_view>;

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// The parts between separators, trimmed, without empty ones.
Words Split(std::string_view text, char separator) {
  Words words;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    const std::string_view word = Trim(text.substr(0, end));
    if (!word.empty()) words.push_back(word);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::vector<std::string> Strings(const Words& words) { return {words.begin(), words.end()}; }

std::optional<double> Number(std::string_view text) {
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

std::optional<CriteriaVariable> Variable(std::string_view name) {
  if (name == "value") return CriteriaVariable::kValue;
  if (name == "lln") return CriteriaVariable::kLowerLimit;
  if (name == "uln") return CriteriaVariable::kUpperLimit;
  if (name == "baseline") return CriteriaVariable::kBaseline;
  if (name == "change%") return CriteriaVariable::kPercentChange;
  return std::nullopt;
}

// "3", "uln", "2.5*uln", "baseline+40".
std::optional<CriteriaOperand> Operand(std::string_view text) {
  CriteriaOperand operand;
  if (const auto number = Number(text)) {
    operand.addend = *number;
    return operand;
  }
  if (const auto star = text.find('*'); star != std::string_view::npos) {
    const auto factor = Number(text.substr(0, star));
    if (!factor) return std::nullopt;
    operand.factor = *factor;
    text.remove_prefix(star + 1);
  }
  if (const auto plus = text.find('+'); plus != std::string_view::npos) {
    const auto addend = Number(text.substr(plus + 1));
    if (!addend) return std::nullopt;
    operand.addend = *addend;
    text = text.substr(0, plus);
  }
  const auto variable = Variable(text);
  if (!variable) return std::nullopt;
  operand.variable = *variable;
  return operand;
}

std::optional<CriteriaClause::Kind> Comparison(std::string_view sign) {
  using enum CriteriaClause::Kind;
  if (sign == "<") return kLess;
  if (sign == "<=") return kAtMost;
  if (sign == ">") return kGreater;
  if (sign == ">=") return kAtLeast;
  return std::nullopt;
}

std::optional<CriteriaClause> BaselineClause(std::string_view range, bool negated) {
  using enum CriteriaClause::Kind;
  if (range == "high") return CriteriaClause{.kind = negated ? kBaselineNotHigh : kBaselineHigh};
  if (range == "low") return CriteriaClause{.kind = negated ? kBaselineNotLow : kBaselineLow};
  return std::nullopt;
}

// "value < 3*uln", "no lln", "baseline high", "baseline not low".
std::optional<CriteriaClause> Clause(const Words& words) {
  if (words.size() == 2 && words[0] == "no") {
    const auto operand = Operand(words[1]);
    if (!operand || operand->variable == CriteriaVariable::kNone) return std::nullopt;
    return CriteriaClause{.kind = CriteriaClause::Kind::kUnknown, .left = *operand};
  }
  if (words.size() == 2 && words[0] == "baseline") return BaselineClause(words[1], false);
  if (words.size() != 3) return std::nullopt;
  if (words[0] == "baseline" && words[1] == "not") return BaselineClause(words[2], true);
  const auto left = Operand(words[0]);
  const auto kind = Comparison(words[1]);
  const auto right = Operand(words[2]);
  if (!left || !kind || !right) return std::nullopt;
  return CriteriaClause{.kind = *kind, .left = *left, .right = *right};
}

// "3  value < 80 and no lln"; the grade "?" stands for "cannot be decided".
std::optional<CriteriaArm> Arm(std::string_view line) {
  Words words = Split(line, ' ');
  if (words.size() < 2 || words[0].size() != 1) return std::nullopt;
  CriteriaArm arm;
  const char grade = words[0][0];
  if (grade != '?' && (grade < '0' || grade > '5')) return std::nullopt;
  if (grade != '?') arm.grade = grade - '0';
  Words clause;
  words.push_back("and");
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] != "and") {
      clause.push_back(words[i]);
      continue;
    }
    const auto parsed = Clause(clause);
    if (!parsed) return std::nullopt;
    arm.clauses.push_back(*parsed);
    clause.clear();
  }
  return arm;
}

// "Anemia | HGB HB | low | ctcae4 ctcae5 | g/L"; the unit "*" stands for any.
std::optional<CriteriaBlock> Header(std::string_view line) {
  const Words columns = Split(line, '|');
  if (columns.size() != 5) return std::nullopt;
  if (columns[2] != "low" && columns[2] != "high") return std::nullopt;
  CriteriaBlock block{
      .term = std::string(columns[0]),
      .analytes = Strings(Split(columns[1], ' ')),
      .direction = columns[2] == "low" ? GradeDirection::kLow : GradeDirection::kHigh,
      .versions = Strings(Split(columns[3], ' '))};
  if (columns[4] != "*") block.units = Strings(Split(columns[4], ' '));
  return block;
}

}  // namespace

Result<std::vector<CriteriaBlock>> ParseCriteria(std::string_view text) {
  std::vector<CriteriaBlock> blocks;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (Trim(line).empty() || line.starts_with('#')) continue;
    const auto fail = [&](std::string_view what) {
      return Fail(Code::kInvalidArgument, "line " + std::to_string(number) + ": " + what.data());
    };
    if (line.starts_with(' ')) {
      auto arm = Arm(line);
      if (!arm || blocks.empty()) return fail("is no condition of a grade");
      blocks.back().arms.push_back(std::move(*arm));
    } else {
      auto block = Header(line);
      if (!block) return fail("does not name term, analytes, direction, versions and units");
      blocks.push_back(std::move(*block));
    }
  }
  return blocks;
}

}  // namespace vedette::rules
