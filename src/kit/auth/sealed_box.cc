// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/sealed_box.h"

#include <openssl/err.h>
#include <openssl/rand.h>

#include <utility>

#include "base/sha256.h"
#include "kit/auth/openssl_handles.h"

namespace vedette {
namespace {

using auth_internal::Handle;
using auth_internal::Require;
using auth_internal::Unsigned;

constexpr char kVersion = 1;
constexpr std::size_t kHeaderSize = 5;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kOverhead = kHeaderSize + kNonceSize + kTagSize;

std::string BigEndian(std::uint64_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift & 0xff));
  }
  return out;
}

// The header, then each part after its length: no two contexts give the same bytes.
std::string AssociatedData(std::string_view header,
                           std::initializer_list<std::string_view> context) {
  std::string out(header);
  for (const std::string_view part : context) {
    out += BigEndian(part.size(), 8);
    out += part;
  }
  return out;
}

std::unexpected<Error> CannotOpen() {
  return Fail(Code::kInternal, "Sealed data could not be opened.");
}

}  // namespace

SealedBox::SealedBox(KeyRing ring) : ring_(std::move(ring)) {}

Bytes SealedBox::Seal(const Sensitive<std::string>& value,
                      std::initializer_list<std::string_view> context) const {
  const auto& [id, key] = *ring_.keys_.rbegin();
  const std::string& plain = value.Reveal();
  std::string out = std::string(1, kVersion) + BigEndian(id, 4);
  const std::string associated = AssociatedData(out, context);
  out.resize(kOverhead + plain.size());
  unsigned char* const nonce = Unsigned(out.data()) + kHeaderSize;
  unsigned char* const cipher = nonce + kNonceSize;
  Require(RAND_bytes(nonce, static_cast<int>(kNonceSize)) == 1, "making a nonce");
  const Handle<EVP_CIPHER_CTX> gcm(EVP_CIPHER_CTX_new());
  int size = 0;
  Require(gcm &&
              EVP_EncryptInit_ex(gcm.get(), EVP_aes_256_gcm(), nullptr,
                                 Unsigned(key.Reveal().data()), nonce) == 1 &&
              EVP_EncryptUpdate(gcm.get(), nullptr, &size, Unsigned(associated.data()),
                                static_cast<int>(associated.size())) == 1 &&
              EVP_EncryptUpdate(gcm.get(), cipher, &size, Unsigned(plain.data()),
                                static_cast<int>(plain.size())) == 1 &&
              EVP_EncryptFinal_ex(gcm.get(), cipher + plain.size(), &size) == 1 &&
              EVP_CIPHER_CTX_ctrl(gcm.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagSize),
                                  cipher + plain.size()) == 1,
          "sealing");
  return {std::move(out)};
}

Result<Sensitive<std::string>> SealedBox::Open(
    const Bytes& sealed, std::initializer_list<std::string_view> context) const {
  std::string_view data = sealed.data;
  if (data.size() < kOverhead || data[0] != kVersion) return CannotOpen();
  const std::string_view header = data.substr(0, kHeaderSize);
  std::uint32_t id = 0;
  for (const char c : header.substr(1)) id = id << 8 | static_cast<unsigned char>(c);
  const auto key = ring_.keys_.find(id);
  if (key == ring_.keys_.end()) return CannotOpen();
  const std::string_view nonce = data.substr(kHeaderSize, kNonceSize);
  const std::string_view cipher = data.substr(kHeaderSize + kNonceSize, data.size() - kOverhead);
  std::string tag(data.substr(data.size() - kTagSize));
  const std::string associated = AssociatedData(header, context);
  std::string plain(cipher.size(), '\0');
  const Handle<EVP_CIPHER_CTX> gcm(EVP_CIPHER_CTX_new());
  Require(gcm != nullptr, "allocating");
  int size = 0;
  const bool opened =
      EVP_DecryptInit_ex(gcm.get(), EVP_aes_256_gcm(), nullptr,
                         Unsigned(key->second.Reveal().data()), Unsigned(nonce.data())) == 1 &&
      EVP_DecryptUpdate(gcm.get(), nullptr, &size, Unsigned(associated.data()),
                        static_cast<int>(associated.size())) == 1 &&
      EVP_DecryptUpdate(gcm.get(), Unsigned(plain.data()), &size, Unsigned(cipher.data()),
                        static_cast<int>(cipher.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(gcm.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagSize),
                          tag.data()) == 1 &&
      EVP_DecryptFinal_ex(gcm.get(), Unsigned(plain.data()) + plain.size(), &size) == 1;
  if (!opened) {
    ERR_clear_error();
    return CannotOpen();
  }
  return Sensitive<std::string>(std::move(plain));
}

Bytes SealedBox::LookupHash(const Sensitive<std::string>& value, std::string_view field) const {
  const std::string message = AssociatedData("", {field, value.Reveal()});
  const Sha256Digest digest = HmacSha256(ring_.lookup_key_.Reveal(), message);
  return {std::string(AsBytes(digest))};
}

}  // namespace vedette
