// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/message_key.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/bytes.h"
#include "kit/auth/openssl_handles.h"

namespace vedette {
namespace {

// RFC 9421 §B.1.4 and §B.1.3.
constexpr char kEd25519[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n"
    "-----END PUBLIC KEY-----\n";
constexpr char kP256[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf\n"
    "w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n"
    "-----END PUBLIC KEY-----\n";

// RFC 9421 §B.2.6: signed with Ed25519.
constexpr char kRequestBase[] =
    "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
    "\"@method\": POST\n"
    "\"@path\": /foo\n"
    "\"@authority\": example.com\n"
    "\"content-type\": application/json\n"
    "\"content-length\": 18\n"
    "\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" "
    "\"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
constexpr char kRequestSignature[] =
    "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";

// RFC 9421 §B.2.4: a response signed with ECDSA over P-256.
constexpr char kResponseBase[] =
    "\"@status\": 200\n"
    "\"content-type\": application/json\n"
    "\"content-digest\": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWd"
    "XymyU0rjJuahq4l5aGgfLQ==:\n"
    "\"content-length\": 23\n"
    "\"@signature-params\": (\"@status\" \"content-type\" \"content-digest\" \"content-length\");"
    "created=1618884473;keyid=\"test-key-ecc-p256\"";
constexpr char kResponseSignature[] =
    "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==";

TEST(MessageKeyTest, VerifiesTheStandardsEd25519Example) {
  const auto key = MessageKey::FromPem(kEd25519);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->algorithm(), "ed25519");
  std::string signature = *Base64Decode(kRequestSignature);
  EXPECT_TRUE(key->Verify(kRequestBase, signature));
  EXPECT_FALSE(key->Verify(std::string(kRequestBase) + " ", signature));
  signature[5] = static_cast<char>(signature[5] ^ 1);
  EXPECT_FALSE(key->Verify(kRequestBase, signature));
  EXPECT_FALSE(key->Verify(kRequestBase, ""));
  EXPECT_FALSE(key->Verify(kRequestBase, signature.substr(1)));
}

TEST(MessageKeyTest, VerifiesTheStandardsP256Example) {
  const auto key = MessageKey::FromPem(kP256);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->algorithm(), "ecdsa-p256-sha256");
  std::string signature = *Base64Decode(kResponseSignature);
  EXPECT_TRUE(key->Verify(kResponseBase, signature));
  EXPECT_FALSE(key->Verify(kRequestBase, signature));
  EXPECT_FALSE(key->Verify(kResponseBase, signature + "x"));
  EXPECT_FALSE(key->Verify(kResponseBase, std::string(64, '\0')));
  EXPECT_FALSE(key->Verify(kResponseBase, std::string(64, '\xff')));
}

std::string PublicPem(EVP_PKEY* key) {
  const auth_internal::Handle<BIO> out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(out.get(), key);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string Sign(EVP_PKEY* key, std::string_view message) {
  const auth_internal::Handle<EVP_MD_CTX> context(EVP_MD_CTX_new());
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key);
  std::size_t size = 0;
  const auto* bytes = auth_internal::Unsigned(message.data());
  EVP_DigestSign(context.get(), nullptr, &size, bytes, message.size());
  std::string signature(size, '\0');
  EVP_DigestSign(context.get(), auth_internal::Unsigned(signature.data()), &size, bytes,
                 message.size());
  signature.resize(size);
  return signature;
}

TEST(MessageKeyTest, VerifiesRsaAndRefusesShortOnes) {
  const auth_internal::Handle<EVP_PKEY> rsa(EVP_RSA_gen(2048));
  const auto key = MessageKey::FromPem(PublicPem(rsa.get()));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->algorithm(), "rsa-v1_5-sha256");
  const std::string signature = Sign(rsa.get(), "message");
  EXPECT_TRUE(key->Verify("message", signature));
  EXPECT_FALSE(key->Verify("massage", signature));
  const auth_internal::Handle<EVP_PKEY> weak(EVP_RSA_gen(1024));
  EXPECT_FALSE(MessageKey::FromPem(PublicPem(weak.get())));
}

TEST(MessageKeyTest, RefusesOtherKeysAndTexts) {
  const auth_internal::Handle<EVP_PKEY> other(EVP_EC_gen("P-384"));
  EXPECT_FALSE(MessageKey::FromPem(PublicPem(other.get())));
  EXPECT_FALSE(MessageKey::FromPem(""));
  EXPECT_FALSE(MessageKey::FromPem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
  EXPECT_FALSE(MessageKey::LoadFile("/nowhere/key.pem"));
}

TEST(ContentDigestTest, IsTheStandardsExample) {  // RFC 9530, appendix B
  EXPECT_EQ(Base64Encode(ContentDigest("sha-256", "{\"hello\": \"world\"}")),
            "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=");
  EXPECT_EQ(
      Base64Encode(ContentDigest("sha-512", "{\"hello\": \"world\"}")),
      "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==");
  EXPECT_EQ(ContentDigest("md5", "x"), "");
}

}  // namespace
}  // namespace vedette
