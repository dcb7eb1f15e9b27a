// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/rule/v1/rule.pb.h>

#include <string>

namespace vedette::app {

// What a system says of its rules, for people; as rule_report.h says it of files.

// "VS-SYSBP-HIGH  2  active  Systolic pressure above 140".
std::string VersionLine(const rule::v1::RuleVersion& version);
std::string VersionText(const rule::v1::RuleVersion& version, bool chinese);
std::string CheckText(const std::string& path, const rule::v1::CheckRuleResponse& check);
std::string BacktestText(const rule::v1::Backtest& backtest);
// Which alerts stay, disappear and appear against the version it was compared with.
std::string DifferenceText(const rule::v1::Backtest& backtest);

// Mistakes, or tests that fail.
bool HasFindings(const rule::v1::CheckRuleResponse& check);

}  // namespace vedette::app
