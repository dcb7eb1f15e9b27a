// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kit/auth/principal.h"

namespace vedette {

// Which permissions each role carries: {"investigator", {"subject.read", "alert.read", …}}.
using RoleTable = std::map<std::string, std::set<std::string, std::less<>>, std::less<>>;

// The one place where study × site scope is decided. Immutable; thread-safe. Services of the system
// (Principal::is_service) may do everything; nobody else is exempt.
class Authorizer {
 public:
  explicit Authorizer(RoleTable roles);

  // The permission on a study or, with `site`, on that site. An empty `site` asks for it on any
  // site of the study, an empty `study` anywhere; "*" asks for it on every site, or every study:
  // what changes a study as a whole is checked with site "*". The error is kPermissionDenied and
  // says what is missing.
  Status Check(const Principal& principal,
               std::string_view permission,
               std::string_view study,
               std::string_view site) const;

  // The sites of `study` on which the permission is held; {"*"} for all, empty for none.
  std::vector<std::string> Sites(const Principal& principal,
                                 std::string_view permission,
                                 std::string_view study) const;

  // The studies on which the permission is held, on any site; {"*"} for all, empty for none.
  std::vector<std::string> Studies(const Principal& principal, std::string_view permission) const;

 private:
  RoleTable roles_;
};

}  // namespace vedette
