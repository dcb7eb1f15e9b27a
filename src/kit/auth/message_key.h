// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

using EVP_PKEY = struct evp_pkey_st;

namespace vedette {

// A partner's public key for HTTP message signatures. Its kind fixes the algorithm, whatever a
// request claims: Ed25519 ("ed25519"), P-256 ("ecdsa-p256-sha256") or RSA of 2048 bits and more
// ("rsa-v1_5-sha256"), as RFC 9421 §3.3 names them. Cheap to copy; immutable; thread-safe.
class MessageKey {
 public:
  // SubjectPublicKeyInfo, "-----BEGIN PUBLIC KEY-----".
  static Result<MessageKey> FromPem(std::string_view pem);
  // Blocking.
  static Result<MessageKey> LoadFile(const std::string& path);

  std::string_view algorithm() const { return algorithm_; }
  // `signature` as RFC 9421 has it: for P-256 the 64 bytes r and s.
  bool Verify(std::string_view message, std::string_view signature) const;

 private:
  MessageKey(std::shared_ptr<EVP_PKEY> key, std::string_view algorithm)
      : key_(std::move(key)), algorithm_(algorithm) {}

  std::shared_ptr<EVP_PKEY> key_;
  std::string_view algorithm_;
};

// The digest of a content by the name that Content-Digest has for it (RFC 9530): "sha-256" or
// "sha-512"; empty for others.
std::string ContentDigest(std::string_view algorithm, std::string_view content);

}  // namespace vedette
