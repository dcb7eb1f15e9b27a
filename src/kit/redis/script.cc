// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>

#include <array>

#include "base/bytes.h"
#include "kit/redis/client.h"

namespace vedette::redis {
namespace {

// Redis names scripts by SHA-1; nothing rests on its strength.
std::string Sha1Hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return HexEncode({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace

Script::Script(std::string_view text) : text_(text), sha1_(Sha1Hex(text)) {}

}  // namespace vedette::redis
