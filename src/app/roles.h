// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vedette::app {

// The roles of the system, in the order in which they start: each calls only those before it, but
// for rule, which reads monitor's log when a back-test asks for it, not before.
inline constexpr std::array<std::string_view, 6> kRoles = {"identity", "trial",   "subject",
                                                           "rule",     "monitor", "gateway"};

// The roles that `role` calls.
std::vector<std::string_view> RolesCalledBy(std::string_view role);

using RoleSet = std::set<std::string, std::less<>>;

// "all", or names of kRoles; an unknown one is an error that names the closest.
Result<RoleSet> ParseRoles(const std::vector<std::string>& names);

}  // namespace vedette::app
