// SPDX-License-Identifier: Apache-2.0
#include "formats/utf8.h"

#include <cstddef>

namespace vedette::formats {

bool IsUtf8(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  for (std::size_t at = 0; at < text.size();) {
    const unsigned char lead = byte(at);
    if (lead < 0x80) {
      ++at;
      continue;
    }
    std::size_t size = 0;
    unsigned char low = 0x80;  // range of the second byte
    unsigned char high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
      size = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      size = 3;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      size = 4;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    } else {
      return false;
    }
    if (text.size() - at < size || byte(at + 1) < low || byte(at + 1) > high) return false;
    for (std::size_t i = 2; i < size; ++i) {
      if ((byte(at + i) & 0xc0) != 0x80) return false;
    }
    at += size;
  }
  return true;
}

}  // namespace vedette::formats
