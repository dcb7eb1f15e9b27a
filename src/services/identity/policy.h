// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kit/auth/principal.h"

namespace vedette::identity {

using RoleNames = std::set<std::string, std::less<>>;

// User names are told apart without regard to case; this is how they are kept.
std::string CanonicalUsername(std::string_view username);

// Whether the grant names a role there is. The violation is at "grant.role" and lists the roles.
Status CheckRole(const Grant& grant, const RoleNames& roles);

// Whether someone may hand the grant out who manages users on `sites` of its study (as
// Authorizer::Sites gives them for the grant's study): nobody gives more than they have.
Status CheckMayGrant(const Grant& grant, const std::vector<std::string>& sites);

// Equal, in a time that tells nothing of where they differ.
bool SameSecret(std::string_view one, std::string_view other);

// The next page starts after this user name. The token is opaque to the caller; one that we did not
// make is a violation of "pageToken".
std::string MakePageToken(std::string_view last_username);
Result<std::string> ReadPageToken(std::string_view token);

}  // namespace vedette::identity
