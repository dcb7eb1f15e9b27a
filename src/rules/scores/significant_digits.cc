// SPDX-License-Identifier: Apache-2.0
#include "rules/scores/significant_digits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace vedette::rules {

double RoundTo15Digits(double number) {
  if (!std::isfinite(number)) return number;
  std::array<char, 32> text;
  const auto written = std::to_chars(text.data(), text.data() + text.size(), number,
                                     std::chars_format::scientific, 14);
  double rounded = number;
  std::from_chars(text.data(), written.ptr, rounded);
  return rounded;
}

int CompareAt15Digits(double a, double b) {
  if (a == b) return 0;
  // One unit of the 15th digit is at most 1e-14 of a number: further apart, rounding cannot join.
  if (std::abs(a - b) <= 1e-14 * std::max(std::abs(a), std::abs(b))) {
    a = RoundTo15Digits(a);
    b = RoundTo15Digits(b);
  }
  return a < b ? -1 : (a > b ? 1 : 0);
}

}  // namespace vedette::rules
