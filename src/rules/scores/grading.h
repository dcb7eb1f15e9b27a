// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace vedette::rules {

enum class GradeDirection : std::uint8_t { kLow, kHigh };

// Where the baseline lies in its reference range. kByLimits: what `baseline` and its limits say.
enum class BaselineRange : std::uint8_t { kByLimits, kLow, kNormal, kHigh };

// What a grade is decided on. NaN: not known. All in the unit the criteria were found for.
struct GradeInput {
  double value = std::numeric_limits<double>::quiet_NaN();
  double lower_limit = std::numeric_limits<double>::quiet_NaN();
  double upper_limit = std::numeric_limits<double>::quiet_NaN();
  double baseline = std::numeric_limits<double>::quiet_NaN();
  double baseline_upper_limit = std::numeric_limits<double>::quiet_NaN();
  double baseline_lower_limit = std::numeric_limits<double>::quiet_NaN();
  // 100 * (value - baseline) / baseline where the source states it; else it is computed.
  double percent_change = std::numeric_limits<double>::quiet_NaN();
  BaselineRange baseline_range = BaselineRange::kByLimits;
};

enum class UnitMatch : std::uint8_t {
  kConverted,    // any unit that the unit table converts to the criteria's
  kAsPublished,  // only a unit the criteria themselves name, in any letter case
};

// The criteria of one analyte in one direction: a table of conditions, data of this library.
class GradeCriteria;

// `version`: "ctcae4", "ctcae5", "ctcae6" (laboratory terms), "fda_tox" (vital signs). `analyte`:
// the library's name ("ALT", "NEUT") or a term ("Alanine aminotransferase increased"), in any
// letter case. `unit`: what the values are in; criteria that only compare multiples of a limit take
// any. nullptr when there are no criteria for it in any unit that converts. Never compares across
// units. Where a version has thresholds in SI and in US conventional units, the ones in `unit` are
// taken, else the SI ones.
const GradeCriteria* FindGradeCriteria(std::string_view version,
                                       GradeDirection direction,
                                       std::string_view analyte,
                                       std::string_view unit,
                                       UnitMatch match = UnitMatch::kConverted);

// 0 to 5; -1 where it cannot be decided. Compares at 15 significant digits. A comparison with
// something unknown does not hold.
int Grade(const GradeCriteria& criteria, const GradeInput& input);

// The published term of the criteria: "Anemia".
std::string_view TermOf(const GradeCriteria& criteria);

}  // namespace vedette::rules
