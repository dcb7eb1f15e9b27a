// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/keys.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/sha256.h"
#include "kit/auth/openssl_handles.h"
#include "kit/config/private_file.h"

namespace vedette {
namespace {

using auth_internal::Handle;
using auth_internal::Require;
using auth_internal::Unsigned;

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kSignatureSize = 64;

std::string Thumbprint(std::string_view x) {
  // The required members in lexical order, without white space.
  const std::string canonical = R"({"crv":"Ed25519","kty":"OKP","x":")" + std::string(x) + R"("})";
  const Sha256Digest digest = Sha256(canonical);
  return Base64UrlEncode(AsBytes(digest));
}

std::shared_ptr<EVP_PKEY> Shared(EVP_PKEY* key) { return {key, auth_internal::FreeHandle()}; }

std::string RawPublicKey(const EVP_PKEY* key) {
  std::string raw(kKeySize, '\0');
  std::size_t size = raw.size();
  Require(EVP_PKEY_get_raw_public_key(key, Unsigned(raw.data()), &size) == 1 && size == kKeySize,
          "reading a public key");
  return raw;
}

// An encrypted PEM must fail, not ask the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

}  // namespace

PublicKey::PublicKey(std::shared_ptr<EVP_PKEY> key, std::string_view raw)
    : key_(std::move(key)), x_(Base64UrlEncode(raw)), kid_(Thumbprint(x_)) {}

Result<PublicKey> PublicKey::FromJwkX(std::string_view x) {
  const auto raw = Base64UrlDecode(x);
  if (!raw || raw->size() != kKeySize) {
    return Fail(Code::kInvalidArgument, "an Ed25519 public key is base64url of 32 bytes");
  }
  EVP_PKEY* key =
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Unsigned(raw->data()), raw->size());
  if (key == nullptr) {
    ERR_clear_error();
    return Fail(Code::kInvalidArgument, "not an Ed25519 public key");
  }
  return PublicKey(Shared(key), *raw);
}

std::string PublicKey::ToJwk() const {
  return R"({"kty":"OKP","crv":"Ed25519","kid":")" + kid_ + R"(","x":")" + x_ +
         R"(","alg":"EdDSA","use":"sig"})";
}

bool PublicKey::Verify(std::string_view message, std::string_view signature) const {
  if (signature.size() != kSignatureSize) return false;
  const Handle<EVP_MD_CTX> context(EVP_MD_CTX_new());
  Require(
      context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1,
      "starting a verification");
  const bool valid = EVP_DigestVerify(context.get(), Unsigned(signature.data()), signature.size(),
                                      Unsigned(message.data()), message.size()) == 1;
  if (!valid) ERR_clear_error();
  return valid;
}

void PublicKeySet::Add(PublicKey key) {
  std::string kid = key.kid();
  keys_.insert_or_assign(std::move(kid), std::move(key));
}

const PublicKey* PublicKeySet::Find(std::string_view kid) const {
  const auto found = keys_.find(kid);
  return found == keys_.end() ? nullptr : &found->second;
}

bool PublicKeySet::IsSubsetOf(const PublicKeySet& other) const {
  return std::ranges::all_of(keys_,
                             [&](const auto& entry) { return other.Find(entry.first) != nullptr; });
}

std::string PublicKeySet::ToJwks() const {
  std::string list;
  for (const auto& [kid, key] : keys_) list += (list.empty() ? "" : ",") + key.ToJwk();
  return R"({"keys":[)" + list + "]}";
}

SigningKey::SigningKey(std::shared_ptr<EVP_PKEY> key)
    : key_(std::move(key)), public_key_(key_, RawPublicKey(key_.get())) {}

SigningKey SigningKey::Generate() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  Require(key != nullptr, "generating a key");
  return SigningKey(Shared(key));
}

Result<SigningKey> SigningKey::FromSeed(const Sensitive<std::string>& seed) {
  if (seed.Reveal().size() != kKeySize) {
    return Fail(Code::kInvalidArgument, "an Ed25519 private key has 32 bytes");
  }
  EVP_PKEY* key = EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, Unsigned(seed.Reveal().data()), seed.Reveal().size());
  Require(key != nullptr, "reading a private key");
  return SigningKey(Shared(key));
}

Result<SigningKey> SigningKey::FromPem(const Sensitive<std::string>& pem) {
  const std::string& text = pem.Reveal();
  const Handle<BIO> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  Require(bio != nullptr, "allocating");
  auto key = Shared(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) {
    ERR_clear_error();
    return Fail(Code::kInvalidArgument,
                "not an unencrypted Ed25519 private key in PEM (PKCS #8); make one with: "
                "openssl genpkey -algorithm ed25519");
  }
  return SigningKey(std::move(key));
}

Result<SigningKey> SigningKey::LoadFile(const std::string& path) {
  VEDETTE_TRY(std::string pem, config::ReadPrivateFile(path));
  auto key = FromPem(Sensitive<std::string>(std::move(pem)));
  if (!key) return Fail(key.error().code, path + ": " + key.error().message);
  return key;
}

Result<SigningKey> SigningKey::LoadOrCreateFile(const std::string& path) {
  auto loaded = LoadFile(path);
  if (loaded || loaded.error().code != Code::kNotFound) return loaded;
  const SigningKey fresh = Generate();
  const Status written = config::WritePrivateFile(path, fresh.ToPem().Reveal());
  if (written) return fresh;
  if (written.error().code == Code::kAlreadyExists) return LoadFile(path);
  return Fail(written.error());
}

Sensitive<std::string> SigningKey::ToPem() const {
  const Handle<BIO> bio(BIO_new(BIO_s_mem()));
  Require(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                               nullptr) == 1,
          "writing a private key");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return Sensitive<std::string>(std::string(data, static_cast<std::size_t>(size)));
}

std::string SigningKey::Sign(std::string_view message) const {
  const Handle<EVP_MD_CTX> context(EVP_MD_CTX_new());
  std::string signature(kSignatureSize, '\0');
  std::size_t size = signature.size();
  Require(context &&
              EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
              EVP_DigestSign(context.get(), Unsigned(signature.data()), &size,
                             Unsigned(message.data()), message.size()) == 1 &&
              size == kSignatureSize,
          "signing");
  return signature;
}

}  // namespace vedette
