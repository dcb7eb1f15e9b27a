// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/token.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "kit/auth/token_json.h"

namespace vedette {
namespace {

constexpr std::string_view kAlgorithm = "EdDSA";

std::unexpected<Error> Refuse(std::string_view sentence) {
  return Fail(Code::kUnauthenticated, std::string(sentence));
}

std::unexpected<Error> RefuseMalformed() {
  return Refuse("The access token is malformed; sign in again.");
}

struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  // header.payload
};

std::optional<Parts> Split(std::string_view token) {
  if (token.size() > kTokenLimit || std::ranges::count(token, '.') != 2) return std::nullopt;
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
               token.substr(second + 1), token.substr(0, second)};
}

Status CheckTimes(const TokenClaims& claims, std::chrono::seconds leeway, Timestamp now) {
  if (now >= claims.expires_at + leeway) {
    return Refuse("The access token has expired; sign in again.");
  }
  if (now + leeway < claims.not_before || now + leeway < claims.issued_at) {
    return Refuse("The access token is not valid yet; check that the clocks are right.");
  }
  return {};
}

}  // namespace

Result<std::string> SignToken(const TokenClaims& claims, const SigningKey& key) {
  std::string token = Base64UrlEncode(auth_internal::WriteTokenHeader(
                          {std::string(kAlgorithm), key.public_key().kid()})) +
                      "." + Base64UrlEncode(auth_internal::WriteTokenClaims(claims));
  token += "." + Base64UrlEncode(key.Sign(token));
  if (token.size() > kTokenLimit) {
    return Fail(Code::kResourceExhausted,
                "This user holds too many roles for one access token; use \"*\" for all sites of a "
                "study.");
  }
  return token;
}

Result<std::string> TokenKeyId(std::string_view token) {
  const auto parts = Split(token);
  if (!parts) return RefuseMalformed();
  const auto json = Base64UrlDecode(parts->header);
  if (!json) return RefuseMalformed();
  auto header = auth_internal::ReadTokenHeader(*json);
  if (!header) return RefuseMalformed();
  // The algorithm is ours to say, never the token's: no "none", no HMAC with a public key.
  if (header->alg != kAlgorithm) {
    return Refuse("The access token is signed in a way that is not accepted here; sign in again.");
  }
  return std::move(header->kid);
}

Result<TokenClaims> VerifyToken(std::string_view token,
                                const PublicKeySet& keys,
                                const TokenExpectation& expectation,
                                Timestamp now) {
  VEDETTE_TRY(const std::string kid, TokenKeyId(token));
  const PublicKey* key = keys.Find(kid);
  if (key == nullptr) {
    return Refuse("The access token was signed with a key that is not in use; sign in again.");
  }
  const Parts parts = *Split(token);
  const auto signature = Base64UrlDecode(parts.signature);
  if (!signature) return RefuseMalformed();
  if (!key->Verify(parts.signed_text, *signature)) {
    return Refuse("The signature of the access token is wrong; sign in again.");
  }
  const auto payload = Base64UrlDecode(parts.payload);
  if (!payload) return RefuseMalformed();
  auto claims = auth_internal::ReadTokenClaims(*payload);
  if (!claims) return RefuseMalformed();
  if (claims->issuer != expectation.issuer || claims->audience != expectation.audience) {
    return Refuse("The access token was made for another system; sign in here.");
  }
  VEDETTE_CHECK_OK(CheckTimes(*claims, expectation.leeway, now));
  return *std::move(claims);
}

}  // namespace vedette
