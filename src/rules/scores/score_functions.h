// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace vedette::rules {

// A clinical formula as rules call it: qtcf(eg.QT.value, eg.RR.value). Arguments and result are
// numbers in the units named; NaN is unknown, and any NaN argument gives NaN unless the formula
// says that an argument may be missing.
struct ScoreFunction {
  std::string_view name;
  std::string_view signature;  // "qtcf(qt [ms], rr [ms]) → ms", for error texts and documentation
  std::string_view source;     // paper, guideline, section
  std::uint8_t arity = 0;
  std::uint8_t optional_from = 255;  // arguments from here on may be NaN
  // By argument: its unit as UCUM writes it; empty: a plain number. "any": not checked.
  std::string_view units[8] = {};
  std::string_view result_unit;
  double (*evaluate)(const double* arguments) = nullptr;
};

// All of them, by name. A function's index is what compiled programs hold; it changes with
// releases.
std::span<const ScoreFunction> ScoreFunctions();
const ScoreFunction* FindScoreFunction(std::string_view name);

}  // namespace vedette::rules
