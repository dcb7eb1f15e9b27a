// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kit/auth/token.h"

namespace vedette::auth_internal {

struct TokenHeader {
  std::string alg;
  std::string kid;
};

// The two JSON texts of a token, strictly: one object in UTF-8, at most 8 levels deep, no name
// twice, every claim of its type. nullopt for anything else, and for a header with "crit" or with a
// type other than JWT.
std::optional<TokenHeader> ReadTokenHeader(std::string_view json);
std::optional<TokenClaims> ReadTokenClaims(std::string_view json);

std::string WriteTokenHeader(const TokenHeader& header);
std::string WriteTokenClaims(const TokenClaims& claims);

}  // namespace vedette::auth_internal
