// SPDX-License-Identifier: Apache-2.0
#include "rules/syntax/literal.h"

#include <array>
#include <charconv>
#include <cmath>

#include "rules/syntax/utf8.h"

namespace vedette::rules {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The decimal exponent of the first digit that is not 0: what is out of range is either far below
// 1 or far above.
bool IsBelowOne(std::string_view unsigned_text) {
  std::int64_t exponent = 0;
  bool seen = false;
  bool fraction = false;
  std::size_t i = 0;
  for (; i < unsigned_text.size() && (IsDigit(unsigned_text[i]) || unsigned_text[i] == '.'); ++i) {
    if (unsigned_text[i] == '.') {
      fraction = true;
    } else if (seen) {
      exponent += fraction ? 0 : 1;
    } else if (unsigned_text[i] != '0') {
      seen = true;
      exponent -= fraction ? 1 : 0;
    } else {
      exponent -= fraction ? 1 : 0;
    }
  }
  if (i < unsigned_text.size()) {
    const bool negative = unsigned_text.substr(i + 1).starts_with('-');
    std::int64_t written = 0;
    const std::size_t begin = unsigned_text.find_first_of("0123456789", i);
    const auto [end, code] = std::from_chars(unsigned_text.data() + begin,
                                             unsigned_text.data() + unsigned_text.size(), written);
    if (code != std::errc{}) {
      return negative;
    }
    exponent += negative ? -written : written;
  }
  return exponent < 0;
}

bool IsDecimal(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t begin = i;
    while (i < text.size() && IsDigit(text[i])) {
      ++i;
    }
    return i - begin;
  };
  std::size_t count = digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    count += digits();
  }
  if (count == 0) {
    return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) {
      ++i;
    }
    if (digits() == 0) {
      return false;
    }
  }
  return i == text.size();
}

int HexDigit(char c) {
  if (IsDigit(c)) {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// `count` digits of the given base at `at`; nullopt when there are fewer.
std::optional<std::uint32_t> ReadDigits(std::string_view text,
                                        std::size_t at,
                                        std::size_t count,
                                        std::uint32_t base) {
  if (text.size() < at + count) {
    return std::nullopt;
  }
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    const int digit = HexDigit(text[i]);
    if (digit < 0 || static_cast<std::uint32_t>(digit) >= base) {
      return std::nullopt;
    }
    value = value * base + static_cast<std::uint32_t>(digit);
  }
  return value;
}

std::optional<char> SimpleEscape(char c) {
  switch (c) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '\\':
    case '?':
    case '"':
    case '\'':
    case '`':
      return c;
    default:
      return std::nullopt;
  }
}

struct NumericEscape {
  std::size_t digits_at = 2;  // after the backslash and the letter
  std::size_t count = 0;
  std::uint32_t base = 16;
};

std::optional<NumericEscape> NumericEscapeOf(char c, bool bytes) {
  if (c == 'x' || c == 'X') {
    return NumericEscape{2, 2, 16};
  }
  if (c >= '0' && c <= '3') {
    return NumericEscape{1, 3, 8};
  }
  if (c == 'u' && !bytes) {
    return NumericEscape{2, 4, 16};
  }
  if (c == 'U' && !bytes) {
    return NumericEscape{2, 8, 16};
  }
  return std::nullopt;
}

void AppendHexEscape(unsigned char byte, std::string& out) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

void AppendEscaped(unsigned char c, std::string& out) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      if (c < 0x20 || c >= 0x7F) {
        AppendHexEscape(c, out);
      } else {
        out += static_cast<char>(c);
      }
  }
}

}  // namespace

std::optional<double> ReadDouble(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  if (!IsDecimal(text)) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc::result_out_of_range) {
    if (!IsBelowOne(text)) {
      return std::nullopt;
    }
    value = 0;
  }
  return negative ? -value : value;
}

std::string WriteDouble(double value) {
  std::array<char, 32> buffer{};
  const auto [end, code] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), end);
  if (text.find_first_of(".en") == std::string::npos) {
    text += ".0";
  }
  return text;
}

std::expected<std::string, EscapeMistake> Unescape(std::string_view body, bool bytes) {
  std::string out;
  out.reserve(body.size());
  for (std::size_t i = 0; i < body.size();) {
    if (body[i] != '\\') {
      out.push_back(body[i++]);
      continue;
    }
    if (i + 1 == body.size()) {
      return std::unexpected(EscapeMistake{i, 1, "a backslash needs a character after it"});
    }
    const char letter = body[i + 1];
    if (const auto simple = SimpleEscape(letter)) {
      out.push_back(*simple);
      i += 2;
      continue;
    }
    const auto numeric = NumericEscapeOf(letter, bytes);
    if (!numeric) {
      const std::size_t size = 1 + std::max<std::size_t>(1, ReadCodePoint(body, i + 1).size);
      return std::unexpected(EscapeMistake{i, size,
                                           "the escape " + std::string(body.substr(i, size)) +
                                               " has no meaning in " +
                                               (bytes ? "bytes" : "a text")});
    }
    const std::size_t size = numeric->digits_at + numeric->count;
    const auto value = ReadDigits(body, i + numeric->digits_at, numeric->count, numeric->base);
    if (!value) {
      return std::unexpected(EscapeMistake{i, 2,
                                           "the escape \\" + std::string(1, letter) + " takes " +
                                               std::to_string(numeric->count) + " digits"});
    }
    if (bytes) {
      out.push_back(static_cast<char>(*value));
    } else if (IsCodePoint(*value)) {
      AppendCodePoint(*value, out);
    } else {
      return std::unexpected(EscapeMistake{i, size, "the escape names no Unicode character"});
    }
    i += size;
  }
  return out;
}

std::string QuoteText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) {
      out += c;
    } else {
      AppendEscaped(byte, out);
    }
  }
  return out + "\"";
}

std::string QuoteBytes(std::string_view bytes) {
  std::string out = "b\"";
  for (const char c : bytes) {
    AppendEscaped(static_cast<unsigned char>(c), out);
  }
  return out + "\"";
}

}  // namespace vedette::rules
