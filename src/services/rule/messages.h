// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/rule/v1/rule.pb.h>

#include <string>

#include "services/rule/authoring.h"
#include "services/rule/backtest_plan.h"
#include "services/rule/backtest_types.h"
#include "services/rule/types.h"

namespace vedette::rule {

// The contract's messages of rule's types.
v1::RuleVersion ToProto(RuleVersion version);
v1::Backtest ToProto(Backtest backtest);
v1::CheckRuleResponse ToProto(const EnvelopeCheck& check);

// An order of the study, and back.
v1::StartBacktestRequest ToProto(std::string study_id, BacktestOrder order);
BacktestOrder OrderOf(v1::StartBacktestRequest request);

}  // namespace vedette::rule
