// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "kit/auth/keys.h"
#include "kit/auth/principal.h"

namespace vedette {

inline constexpr std::size_t kTokenLimit = 8192;

// What an access token says (RFC 7519). Times travel as whole seconds.
struct TokenClaims {
  std::string issuer;
  std::string audience;
  std::string id;  // jti
  Principal principal;
  Timestamp issued_at;
  Timestamp not_before;
  Timestamp expires_at;
};

struct TokenExpectation {
  std::string issuer = "vedette";
  std::string audience = "vedette";
  // How far the clocks of signer and reader may differ.
  std::chrono::seconds leeway{30};
};

// A JWT in compact form, signed with EdDSA (RFC 8037); its header names the key's kid. Grants are
// written as [["role","study","site"],…]. kResourceExhausted when it would exceed kTokenLimit: the
// caller has too many grants for a token.
Result<std::string> SignToken(const TokenClaims& claims, const SigningKey& key);

// The kid in the header of a token whose form is right; nothing is verified yet. kUnauthenticated
// for anything that is not a compact JWT with alg EdDSA and a kid, or that asks for an extension
// ("crit").
Result<std::string> TokenKeyId(std::string_view token);

// The claims, once the signature, issuer, audience and times hold at `now`. Every error is
// kUnauthenticated with a sentence for the person who holds the token.
Result<TokenClaims> VerifyToken(std::string_view token,
                                const PublicKeySet& keys,
                                const TokenExpectation& expectation,
                                Timestamp now);

}  // namespace vedette
