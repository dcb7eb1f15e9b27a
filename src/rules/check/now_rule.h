// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rules/check/report.h"

namespace vedette::rules {

// Tells every use of `now` that cannot be turned into a timer. It must stand in a comparison with
// <, <=, > or >=, only added to, subtracted or chosen by `? :`, with the other side free of it, and
// outside of what runs over a list. Then the comparison changes at one time that data alone tell.
void CheckNow(const Expr& root, Report* report);

// Whether the expression reads `now` anywhere.
bool ReadsNow(const Expr& expr);

}  // namespace vedette::rules
