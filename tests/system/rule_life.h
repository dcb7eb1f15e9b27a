// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "system/system.h"

namespace vedette::system_test {

// Takes a rule through its life until it is active: writes it as the administrator, back-tests it,
// has a second person sign it, activates it. `body`: that of POST …/rules. Throws when a step is
// refused.
void PutRuleToWork(System& system,
                   const std::string& admin_token,
                   const std::string& study,
                   const std::string& body);

}  // namespace vedette::system_test
