// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/keys.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/bytes.h"
#include "kit/auth/openssl_handles.h"

namespace vedette {
namespace {

// RFC 8037 appendix A.1 and A.4.
constexpr std::string_view kSeed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
constexpr std::string_view kX = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
constexpr std::string_view kSigningInput =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
constexpr std::string_view kSignature =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

SigningKey RfcKey() {
  return *SigningKey::FromSeed(Sensitive<std::string>(*Base64UrlDecode(kSeed)));
}

TEST(KeysTest, Rfc8037PublicKey) { EXPECT_EQ(RfcKey().public_key().jwk_x(), kX); }

TEST(KeysTest, Rfc8037Thumbprint) {
  EXPECT_EQ(RfcKey().public_key().kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST(KeysTest, Rfc8037Signature) {
  EXPECT_EQ(Base64UrlEncode(RfcKey().Sign(kSigningInput)), kSignature);
}

TEST(KeysTest, Rfc8037Verification) {
  const auto key = PublicKey::FromJwkX(kX);
  ASSERT_TRUE(key);
  const std::string signature = *Base64UrlDecode(kSignature);
  EXPECT_TRUE(key->Verify(kSigningInput, signature));
  EXPECT_FALSE(key->Verify(std::string(kSigningInput) + "x", signature));
  EXPECT_FALSE(key->Verify(kSigningInput, signature.substr(1)));
  EXPECT_FALSE(key->Verify(kSigningInput, ""));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    std::string changed = signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(key->Verify(kSigningInput, changed)) << i;
  }
}

TEST(KeysTest, AJwkHasWhatAReaderNeeds) {
  EXPECT_EQ(RfcKey().public_key().ToJwk(),
            R"({"kty":"OKP","crv":"Ed25519","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",)"
            R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","alg":"EdDSA","use":"sig"})");
}

TEST(KeysTest, MalformedPublicKeysAreRefused) {
  EXPECT_FALSE(PublicKey::FromJwkX(""));
  EXPECT_FALSE(PublicKey::FromJwkX("AAAA"));
  EXPECT_FALSE(PublicKey::FromJwkX(std::string(kX) + "AA"));
  EXPECT_FALSE(PublicKey::FromJwkX(std::string(kX) + "="));
}

TEST(KeysTest, PemGivesTheSameKeyBack) {
  const SigningKey key = SigningKey::Generate();
  const auto again = SigningKey::FromPem(key.ToPem());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key().kid(), key.public_key().kid());
  EXPECT_TRUE(key.public_key().Verify("message", again->Sign("message")));
}

std::string Pem(EVP_PKEY* key, const char* passphrase) {
  const auth_internal::Handle<EVP_PKEY> owned(key);
  const auth_internal::Handle<BIO> bio(BIO_new(BIO_s_mem()));
  const EVP_CIPHER* cipher = passphrase == nullptr ? nullptr : EVP_aes_256_cbc();
  const int size = passphrase == nullptr ? 0 : static_cast<int>(std::string(passphrase).size());
  EXPECT_EQ(
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key, cipher, passphrase, size, nullptr, nullptr), 1);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

TEST(KeysTest, OtherPemIsRefused) {
  const std::string elliptic = Pem(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), nullptr);
  const std::string locked = Pem(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "passphrase");
  ASSERT_TRUE(SigningKey::FromPem(
      Sensitive<std::string>(Pem(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), nullptr))));
  for (const std::string& pem : {std::string(), std::string("nonsense"), elliptic, locked}) {
    const auto key = SigningKey::FromPem(Sensitive<std::string>(pem));
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, Code::kInvalidArgument);
  }
}

TEST(KeysTest, AKeyFileIsMadeOnceAndPrivate) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("vedette_keys_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string path = folder / "signing.pem";
  EXPECT_EQ(SigningKey::LoadFile(path).error().code, Code::kNotFound);
  const auto first = SigningKey::LoadOrCreateFile(path);
  const auto second = SigningKey::LoadOrCreateFile(path);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->public_key().kid(), second->public_key().kid());
  chmod(path.c_str(), 0644);
  EXPECT_EQ(SigningKey::LoadOrCreateFile(path).error().code, Code::kFailedPrecondition);
  std::filesystem::remove_all(folder);
}

TEST(KeysTest, ASetFindsByKid) {
  const SigningKey first = SigningKey::Generate();
  const SigningKey second = SigningKey::Generate();
  PublicKeySet one;
  one.Add(first.public_key());
  PublicKeySet both = one;
  both.Add(second.public_key());
  EXPECT_NE(both.Find(second.public_key().kid()), nullptr);
  EXPECT_EQ(one.Find(second.public_key().kid()), nullptr);
  EXPECT_TRUE(one.IsSubsetOf(both));
  EXPECT_FALSE(both.IsSubsetOf(one));
  EXPECT_EQ(one.ToJwks(), R"({"keys":[)" + first.public_key().ToJwk() + "]}");
}

}  // namespace
}  // namespace vedette
