// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/message_key.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <fstream>
#include <sstream>

#include "kit/auth/openssl_handles.h"

namespace vedette {
namespace {

using auth_internal::Handle;
using auth_internal::Require;
using auth_internal::Unsigned;

constexpr std::size_t kP256Half = 32;  // bytes of r and of s
constexpr int kLeastRsaBits = 2048;

// Empty for a key that is none of ours.
std::string_view AlgorithmOf(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
      return "ed25519";
    case EVP_PKEY_EC: {
      char group[32] = {};
      std::size_t size = 0;
      const bool known = EVP_PKEY_get_group_name(key, group, sizeof(group), &size) == 1;
      return known && std::string_view(group) == "prime256v1" ? "ecdsa-p256-sha256" : "";
    }
    case EVP_PKEY_RSA:
      return EVP_PKEY_get_bits(key) >= kLeastRsaBits ? "rsa-v1_5-sha256" : "";
    default:
      return "";
  }
}

// OpenSSL wants r and s as DER. Empty when they are no such pair.
std::string ToDer(std::string_view signature) {
  if (signature.size() != 2 * kP256Half) return {};
  ECDSA_SIG* const pair = ECDSA_SIG_new();
  Require(pair != nullptr, "a signature");
  BIGNUM* const r = BN_bin2bn(Unsigned(signature.data()), kP256Half, nullptr);
  BIGNUM* const s = BN_bin2bn(Unsigned(signature.data() + kP256Half), kP256Half, nullptr);
  Require(ECDSA_SIG_set0(pair, r, s) == 1, "the halves of a signature");
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair, &der);
  ECDSA_SIG_free(pair);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

}  // namespace

Result<MessageKey> MessageKey::FromPem(std::string_view pem) {
  const Handle<BIO> input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Require(input != nullptr, "reading from memory");
  EVP_PKEY* const key = PEM_read_bio_PUBKEY(input.get(), nullptr, nullptr, nullptr);
  if (key == nullptr) {
    ERR_clear_error();
    return Fail(Code::kInvalidArgument, "not a public key in PEM");
  }
  std::shared_ptr<EVP_PKEY> owned(key, auth_internal::FreeHandle());
  const std::string_view algorithm = AlgorithmOf(key);
  if (algorithm.empty()) {
    return Fail(Code::kInvalidArgument,
                "a partner's key is Ed25519, P-256 or RSA of at least 2048 bits");
  }
  return MessageKey(std::move(owned), algorithm);
}

Result<MessageKey> MessageKey::LoadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return Fail(Code::kInvalidArgument, "the key file " + path + " cannot be read");
  }
  auto key = FromPem(text.str());
  if (!key) return Fail(Code::kInvalidArgument, path + ": " + key.error().message);
  return key;
}

bool MessageKey::Verify(std::string_view message, std::string_view signature) const {
  const bool ed25519 = algorithm_ == "ed25519";
  std::string der;
  if (algorithm_ == "ecdsa-p256-sha256") {
    der = ToDer(signature);
    if (der.empty()) return false;
    signature = der;
  }
  const Handle<EVP_MD_CTX> context(EVP_MD_CTX_new());
  Require(context && EVP_DigestVerifyInit(context.get(), nullptr, ed25519 ? nullptr : EVP_sha256(),
                                          nullptr, key_.get()) == 1,
          "starting a verification");
  const bool valid = EVP_DigestVerify(context.get(), Unsigned(signature.data()), signature.size(),
                                      Unsigned(message.data()), message.size()) == 1;
  if (!valid) ERR_clear_error();
  return valid;
}

std::string ContentDigest(std::string_view algorithm, std::string_view content) {
  const EVP_MD* kind = nullptr;
  if (algorithm == "sha-256") kind = EVP_sha256();
  if (algorithm == "sha-512") kind = EVP_sha512();
  if (kind == nullptr) return {};
  std::string digest(static_cast<std::size_t>(EVP_MD_get_size(kind)), '\0');
  Require(EVP_Digest(content.data(), content.size(), Unsigned(digest.data()), nullptr, kind,
                     nullptr) == 1,
          "a digest");
  return digest;
}

}  // namespace vedette
