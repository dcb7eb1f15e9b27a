// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace vedette::rules {

// A decimal number with optional sign, fraction and exponent, nearest double. What is too small is
// 0. nullopt for other text and for what is too large. "NaN" and "Infinity" are not numbers here.
std::optional<double> ReadDouble(std::string_view text);

// The shortest text that reads back as the same double, with ".0" or an exponent so that it is none
// of an integer. For finite numbers.
std::string WriteDouble(double value);

struct EscapeMistake {
  std::size_t at = 0;  // where the backslash stands
  std::size_t size = 1;
  std::string message;
};

// What the text between the quotes of a literal stands for. In bytes, \x41 and \101 are octets and
// \u is not allowed; in text they are code points.
std::expected<std::string, EscapeMistake> Unescape(std::string_view body, bool bytes);

// A literal in double quotes that reads back as the same text, or bytes (with the b before it).
std::string QuoteText(std::string_view text);
std::string QuoteBytes(std::string_view bytes);

}  // namespace vedette::rules
