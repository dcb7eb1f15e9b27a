// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rules/check/checker.h"
#include "rules/check/report.h"
#include "rules/check/typing.h"

namespace vedette::rules {

// What a condition without mistakes reads, and how much of it must be kept. Where a condition reads
// a form, an attribute or each row or visit, what is known of them may change at any time, and with
// it the verdict of any anchor: then its series are kept whole.
RuleFacts FindFacts(const Expr& root, const NodeFacts& nodes, const CheckerOptions& options);

// The steps one evaluation takes at worst: a window costs what its planned entries number, or 64;
// macros multiply. Beyond the limit the costliest part is told.
std::uint64_t CheckCost(const Expr& root,
                        const NodeFacts& nodes,
                        const CheckerOptions& options,
                        Report* report);

// Parts that do not depend on data, and whole numbers divided.
void WarnAboutConstants(const Expr& root, const NodeFacts& nodes, Report* report);

}  // namespace vedette::rules
