// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace vedette {

using Sha256Digest = std::array<std::uint8_t, 32>;

// FIPS 180-4.
Sha256Digest Sha256(std::string_view bytes);

// RFC 2104 with SHA-256.
Sha256Digest HmacSha256(std::string_view key, std::string_view bytes);

inline std::string_view AsBytes(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace vedette
