// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
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

// A whole number of one to four digits.
inline bool ReadSmallNumber(std::string_view text, std::int16_t& number) noexcept {
  if (text.empty() || text.size() > 4) return false;
  unsigned value = 0;
  for (const char c : text) {
    const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  number = static_cast<std::int16_t>(value);
  return true;
}

}  // namespace vedette::formats::csv
