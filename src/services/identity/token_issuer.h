// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "kit/auth/keys.h"
#include "kit/auth/principal.h"
#include "services/identity/types.h"

namespace vedette::identity {

// Signs access tokens. Thread-safe once it has its key.
class TokenIssuer {
 public:
  TokenIssuer(const Clock& clock, std::chrono::seconds lifetime)
      : clock_(clock), lifetime_(lifetime) {}

  // Once, before the first call of the others; it comes with the module's start.
  void UseKey(SigningKey key) { key_.emplace(std::move(key)); }

  // kResourceExhausted when the principal has too many grants for a token.
  Result<AccessToken> Issue(Principal principal) const;

  // What verifies the tokens.
  const PublicKey& public_key() const { return key_.value().public_key(); }

 private:
  const Clock& clock_;
  const std::chrono::seconds lifetime_;
  std::optional<SigningKey> key_;
};

}  // namespace vedette::identity
