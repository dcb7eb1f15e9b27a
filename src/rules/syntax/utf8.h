// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vedette::rules {

// A code point of UTF-8 text (RFC 3629): no surrogates, nothing above U+10FFFF, no overlong form.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0;  // in bytes; 0: not UTF-8
};

// The code point at `at`, which is below text.size().
CodePoint ReadCodePoint(std::string_view text, std::size_t at);

// Appends a valid code point.
void AppendCodePoint(std::uint32_t value, std::string& out);

inline constexpr bool IsCodePoint(std::uint32_t value) {
  return value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

// The place of the first byte that is not UTF-8; npos when all is.
std::size_t FindInvalidUtf8(std::string_view text);

// Code points of valid UTF-8.
std::size_t CountCodePoints(std::string_view text);

}  // namespace vedette::rules
