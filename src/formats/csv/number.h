// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace vedette::formats::csv {

// A decimal number and nothing else: "-12.5", ".5", "1e-3". Refused: spaces, '+', "5.", inf, nan,
// hexadecimal, and what overflows. Correctly rounded: up to 15 digits and a power of ten up to 22
// are exact in a double, so one division rounds once (Clinger, 1990); the rest goes the long way.
inline bool ReadNumber(std::string_view text, double& number) noexcept {
  constexpr std::array<double, 23> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  std::uint64_t digits = 0;
  std::size_t count = 0;
  const auto take_digits = [&] {
    const char* const start = at;
    for (; at != end && static_cast<unsigned char>(*at - '0') < 10; ++at) {
      digits = digits * 10 + static_cast<unsigned char>(*at - '0');
    }
    count += static_cast<std::size_t>(at - start);
    return static_cast<std::size_t>(at - start);
  };
  take_digits();
  std::size_t decimals = 0;
  if (at != end && *at == '.') {
    ++at;
    decimals = take_digits();
    if (decimals == 0) return false;
  }
  if (count == 0) return false;
  if (at == end && count <= 15) {
    const double value = static_cast<double>(digits) / kPowers[decimals];
    number = negative ? -value : value;
    return true;
  }
  // Infinity and names do not get here: there was a digit first.
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::general);
  if (error != std::errc() || stop != end) return false;
  number = value;
  return true;
}

// `word` holds characters, the first in its lowest byte. The number in its first `size` characters:
// true for one to three digits. Without branches on the digits, whose count is as good as random.
inline bool ReadSmallNumber(std::uint64_t word, std::size_t size, std::int16_t& number) noexcept {
  if (size - 1 > 2) return false;
  // Leading zeros in front, so that there are four digits whatever the size.
  const std::size_t shift = 8 * (4 - size);
  const auto zeros = static_cast<std::uint32_t>(0x30303030ULL & ((1ULL << shift) - 1));
  std::uint32_t digits = (static_cast<std::uint32_t>(word << shift) | zeros) ^ 0x30303030U;
  // Raises the top bit of each byte over 9.
  const bool all_digits = (((digits + 0x76767676U) | digits) & 0x80808080U) == 0;
  digits = digits * 10 + (digits >> 8);
  number = static_cast<std::int16_t>((digits & 0xff) * 100 + ((digits >> 16) & 0xff));
  return all_digits;
}

// Eight characters. They must be readable, whatever comes behind the field.
inline std::uint64_t LoadCharacters(const char* at) noexcept {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace vedette::formats::csv
