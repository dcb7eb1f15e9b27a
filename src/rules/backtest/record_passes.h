// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rules/backtest/rule_run.h"
#include "rules/rule.h"

namespace vedette::rules {

// What is judged subject by subject with the code of the live engine, for it is little.

// Rules for each row of a form.
void RunRows(const Rule& rule, const RunContext& context, RuleRun* run);

// Rules that are judged by time (live/absence.h): once, at the cutoff. A record is what is found
// there; nothing is counted as not evaluable.
void RunAbsences(const Rule& rule, const RunContext& context, RuleRun* run);

// Rules for each site or the study: once, at the first second of the cutoff's day, with rates as of
// the cutoff.
void RunSites(const Rule& rule, const RunContext& context, RuleRun* run);

}  // namespace vedette::rules
