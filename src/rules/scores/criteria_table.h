// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/scores/grading.h"

namespace vedette::rules {

// What a condition can speak of. All but the percentage are in the block's first unit.
enum class CriteriaVariable : std::uint8_t {
  kNone,
  kValue,
  kLowerLimit,
  kUpperLimit,
  kBaseline,
  kPercentChange,
};

// factor * variable + addend; the addend alone for kNone.
struct CriteriaOperand {
  CriteriaVariable variable = CriteriaVariable::kNone;
  double factor = 1;
  double addend = 0;
};

struct CriteriaClause {
  enum class Kind : std::uint8_t {
    kLess,
    kAtMost,
    kGreater,
    kAtLeast,
    kUnknown,  // the left operand is not known
    kBaselineHigh,
    kBaselineNotHigh,
    kBaselineLow,
    kBaselineNotLow,
  };
  Kind kind = Kind::kLess;
  CriteriaOperand left;
  CriteriaOperand right;
};

// The first arm whose clauses all hold decides; none: grade 0.
struct CriteriaArm {
  int grade = -1;  // -1: cannot be decided
  std::vector<CriteriaClause> clauses;
};

// A term in one direction for some versions and units.
struct CriteriaBlock {
  std::string term;
  std::vector<std::string> analytes;
  GradeDirection direction = GradeDirection::kLow;
  std::vector<std::string> versions;
  std::vector<std::string> units;  // thresholds are in the first; none: any unit
  std::vector<CriteriaArm> arms;
};

// Reads a decision table (README.md says how it is written). The error names the line.
Result<std::vector<CriteriaBlock>> ParseCriteria(std::string_view text);

}  // namespace vedette::rules
