// SPDX-License-Identifier: Apache-2.0
#include "services/identity/token_issuer.h"

#include <utility>

#include "base/uuid.h"
#include "kit/auth/token.h"

namespace vedette::identity {

Result<AccessToken> TokenIssuer::Issue(Principal principal) const {
  const Timestamp now = clock_.Now();
  const TokenExpectation readers;
  TokenClaims claims{.issuer = readers.issuer,
                     .audience = readers.audience,
                     .id = NewUuid(now).ToString(),
                     .principal = std::move(principal),
                     .issued_at = now,
                     .not_before = now,
                     .expires_at = now + lifetime_};
  VEDETTE_TRY(auto text, SignToken(claims, key_.value()));
  return AccessToken{std::move(text), lifetime_};
}

}  // namespace vedette::identity
