// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace vedette::rules {

enum class GradeDirection : std::uint8_t { kLow, kHigh };

// What a grade is decided on. NaN: not known. All in the unit of the criteria.
struct GradeInput {
  double value = std::numeric_limits<double>::quiet_NaN();
  double lower_limit = std::numeric_limits<double>::quiet_NaN();
  double upper_limit = std::numeric_limits<double>::quiet_NaN();
  double baseline = std::numeric_limits<double>::quiet_NaN();
  double baseline_upper_limit = std::numeric_limits<double>::quiet_NaN();
};

// The criteria of one analyte in one direction: a table of conditions, data of this library.
class GradeCriteria;

// `version`: "ctcae4", "ctcae5", "ctcae6". `analyte`: the library's name ("ALT", "NEUT") or a term
// ("Alanine aminotransferase increased"). `unit`: what the values are in; nullptr when there are no
// criteria for it in any unit that converts. Never compares across units.
const GradeCriteria* FindGradeCriteria(std::string_view version,
                                       GradeDirection direction,
                                       std::string_view analyte,
                                       std::string_view unit);

// 0 to 5; -1 where it cannot be decided. Compares at 15 significant digits.
int Grade(const GradeCriteria& criteria, const GradeInput& input);

}  // namespace vedette::rules
