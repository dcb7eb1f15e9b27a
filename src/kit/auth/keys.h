// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sensitive.h"

using EVP_PKEY = struct evp_pkey_st;

namespace vedette {

// An Ed25519 public key (RFC 8032), parsed once. Cheap to copy; immutable; thread-safe.
class PublicKey {
 public:
  // `x` as a JWK has it: base64url of the 32 bytes.
  static Result<PublicKey> FromJwkX(std::string_view x);

  // The JWK thumbprint (RFC 7638, RFC 8037 §2): base64url of a SHA-256.
  const std::string& kid() const { return kid_; }
  const std::string& jwk_x() const { return x_; }
  // {"kty":"OKP","crv":"Ed25519","kid":"…","x":"…","alg":"EdDSA","use":"sig"}
  std::string ToJwk() const;

  bool Verify(std::string_view message, std::string_view signature) const;

 private:
  friend class SigningKey;
  PublicKey(std::shared_ptr<EVP_PKEY> key, std::string_view raw);

  std::shared_ptr<EVP_PKEY> key_;
  std::string x_;
  std::string kid_;
};

// The keys that tokens may be signed with, by kid.
class PublicKeySet {
 public:
  void Add(PublicKey key);
  // Null when there is none.
  const PublicKey* Find(std::string_view kid) const;
  std::size_t size() const { return keys_.size(); }
  // Whether every key of this set is in `other` too.
  bool IsSubsetOf(const PublicKeySet& other) const;
  // {"keys":[…]}, RFC 7517 §5.
  std::string ToJwks() const;

 private:
  std::map<std::string, PublicKey, std::less<>> keys_;
};

// An Ed25519 private key. Cheap to copy; immutable; thread-safe.
class SigningKey {
 public:
  static SigningKey Generate();
  // The 32 bytes of RFC 8032's secret key.
  static Result<SigningKey> FromSeed(const Sensitive<std::string>& seed);
  // PKCS #8, unencrypted. The errors hold nothing of the text.
  static Result<SigningKey> FromPem(const Sensitive<std::string>& pem);
  // From a file only its owner (and group) may read. Blocking.
  static Result<SigningKey> LoadFile(const std::string& path);
  // As LoadFile; an absent file is made, mode 0600. Processes that race agree on one key. Blocking.
  static Result<SigningKey> LoadOrCreateFile(const std::string& path);

  Sensitive<std::string> ToPem() const;

  const PublicKey& public_key() const { return public_key_; }
  std::string Sign(std::string_view message) const;  // 64 bytes

 private:
  explicit SigningKey(std::shared_ptr<EVP_PKEY> key);

  std::shared_ptr<EVP_PKEY> key_;
  PublicKey public_key_;
};

}  // namespace vedette
