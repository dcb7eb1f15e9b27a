// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace vedette::rules {

// The number rounded to 15 significant decimal digits, as published gradings compare: so that
// 2.9999999999999996, which arithmetic makes of 3, is 3. NaN and infinities stay.
double RoundTo15Digits(double number);

// -1, 0 or 1 as a is less than, equal to or greater than b at 15 significant digits. Neither is
// NaN.
int CompareAt15Digits(double a, double b);

}  // namespace vedette::rules
