// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace vedette::auth_internal {

struct FreeHandle {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};

template <class T>
using Handle = std::unique_ptr<T, FreeHandle>;

inline const unsigned char* Unsigned(const char* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}
inline unsigned char* Unsigned(char* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

// For calls that fail only when memory or the library is broken.
inline void Require(bool success, const char* what) {
  if (!success) throw std::runtime_error(std::string("OpenSSL failed: ") + what);
}

}  // namespace vedette::auth_internal
