// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vedette {

// Raw bytes, so that an overload or a database parameter cannot take them for text.
struct Bytes {
  std::string data;
  bool operator==(const Bytes&) const = default;
  auto operator<=>(const Bytes&) const = default;
};

std::string HexEncode(std::string_view bytes);
Result<std::string> HexDecode(std::string_view text);

// RFC 4648 §4 with padding, and §5 (URL-safe) without.
std::string Base64Encode(std::string_view bytes);
Result<std::string> Base64Decode(std::string_view text);
std::string Base64UrlEncode(std::string_view bytes);
Result<std::string> Base64UrlDecode(std::string_view text);

}  // namespace vedette
