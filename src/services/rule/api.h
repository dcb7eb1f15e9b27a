// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "services/rule/logic.h"

namespace vedette::rule::v1 {
class RuleApi;
}

namespace vedette::rule {

// The contract over the logic: translates, decides nothing. `logic` must outlive it.
std::unique_ptr<v1::RuleApi> MakeRuleApi(RuleLogic& logic);

}  // namespace vedette::rule
