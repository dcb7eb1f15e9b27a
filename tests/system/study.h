// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "system/system.h"

namespace vedette::system_test {

inline constexpr char kStudy[] = "S1";
inline constexpr char kInvestigatorPassword[] = "an investigator of site 701";

// Study S1 with sites 701 and 702, subjects 701-001 and 702-001, the items SYSBP (mmHg, takes kPa,
// 30 to 350) and NOTE (text), the rule HIGH (SYSBP > 140 mmHg) at work, and the user `investigator`
// with a role on site 701 alone. Throws when a step is refused.
void SetUpStudy(System& system, const std::string& admin_token);

// One SYSBP reading as the body of POST …/events.
std::string Reading(const std::string& subject,
                    double value,
                    const std::string& key,
                    const std::string& unit = "mmHg");

inline constexpr char kEvents[] = "/api/v1/studies/S1/events";
inline constexpr char kAlerts[] = "/api/monitor/projects/S1/alerts";
inline constexpr char kSummary[] = "/api/v1/studies/S1/alerts:summary";

}  // namespace vedette::system_test
