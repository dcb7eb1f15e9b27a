// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/rule_set.h"
#include "services/monitor/types.h"

namespace vedette::monitor {

// Appends an alert for each of `rules` that was at work at `received_at` and that the event makes
// true. The id follows from rule version, event and received_at, so that judging the same event
// again gives the same alert. Answers how many rules were evaluated.
std::int64_t Evaluate(std::span<const rules::ActiveRule> rules,
                      const Event& event,
                      Timestamp received_at,
                      Timestamp raised_at,
                      std::vector<AlertRecord>* alerts);

}  // namespace vedette::monitor
