// SPDX-License-Identifier: Apache-2.0
#include "app/roles.h"

#include <algorithm>

#include "base/suggest.h"

namespace vedette::app {

std::vector<std::string_view> RolesCalledBy(std::string_view role) {
  if (role == "gateway") return {"identity", "trial", "subject", "rule", "monitor"};
  if (role == "monitor") return {"identity", "trial", "subject", "rule"};
  if (role == "rule") return {"identity", "trial", "monitor"};
  if (role == "subject") return {"identity", "trial"};
  if (role == "trial") return {"identity"};
  return {};
}

Result<RoleSet> ParseRoles(const std::vector<std::string>& names) {
  RoleSet roles;
  for (const std::string& name : names) {
    if (name == "all") {
      roles.insert(kRoles.begin(), kRoles.end());
    } else if (std::ranges::find(kRoles, name) != kRoles.end()) {
      roles.insert(name);
    } else {
      std::string text = "unknown role `" + name + "`";
      if (const std::string_view closest = Suggest(name, kRoles); !closest.empty()) {
        text += "; did you mean `" + std::string(closest) + "`?";
      } else {
        text += "; the roles are identity, trial, subject, rule, monitor, gateway, or all";
      }
      return Fail(Code::kInvalidArgument, std::move(text));
    }
  }
  if (roles.empty()) return Fail(Code::kInvalidArgument, "no role is given");
  return roles;
}

}  // namespace vedette::app
