// SPDX-License-Identifier: Apache-2.0
#include "services/identity/policy.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/sha256.h"

namespace vedette::identity {

std::string CanonicalUsername(std::string_view username) {
  std::string canonical(username);
  std::ranges::transform(canonical, canonical.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return canonical;
}

Status CheckRole(const Grant& grant, const RoleNames& roles) {
  if (roles.contains(grant.role)) return {};
  std::string listed;
  for (const std::string& role : roles) {
    if (!listed.empty()) listed += ", ";
    listed += role;
  }
  return FailField("grant.role", "must be one of " + listed);
}

Status CheckMayGrant(const Grant& grant, const std::vector<std::string>& sites) {
  const auto covers = [&](const std::string& site) { return site == "*" || site == grant.site; };
  if (std::ranges::any_of(sites, covers)) return {};
  return Fail(Code::kPermissionDenied,
              "You may grant roles only on studies and sites whose users you manage.");
}

bool SameSecret(std::string_view one, std::string_view other) {
  // Digests are of one length, so the comparison tells nothing of the secrets' lengths either.
  const Sha256Digest a = Sha256(one);
  const Sha256Digest b = Sha256(other);
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string MakePageToken(std::string_view last_username) { return Base64UrlEncode(last_username); }

Result<std::string> ReadPageToken(std::string_view token) {
  auto username = Base64UrlDecode(token);
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  if (!username || !std::ranges::all_of(*username, printable)) {
    return FailField("pageToken", "is not a token of an earlier answer");
  }
  return username;
}

}  // namespace vedette::identity
