// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <array>

namespace vedette {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> Inverse(std::string_view alphabet) {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}

constexpr auto kStandardInverse = Inverse(kStandard);
constexpr auto kUrlSafeInverse = Inverse(kUrlSafe);

std::string Encode(std::string_view bytes, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t block = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      block = block << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      if (k <= count) {
        out.push_back(alphabet[block >> (18 - 6 * k) & 63]);
      } else if (pad) {
        out.push_back('=');
      }
    }
  }
  return out;
}

Result<std::string> Decode(std::string_view text,
                           const std::array<std::int8_t, 256>& inverse,
                           bool padded) {
  if (padded) {
    if (text.size() % 4 != 0) return Fail(Code::kInvalidArgument, "not base64");
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return Fail(Code::kInvalidArgument, "not base64");
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t block = 0;
  int bits = 0;
  for (const char c : text) {
    const int value = inverse[static_cast<unsigned char>(c)];
    if (value < 0) return Fail(Code::kInvalidArgument, "not base64");
    block = (block << 6 | static_cast<std::uint32_t>(value)) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>(block >> bits & 0xff));
    }
  }
  // One text for one byte string: left-over bits must be zero.
  if ((block & ((1U << bits) - 1)) != 0) return Fail(Code::kInvalidArgument, "not base64");
  return out;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string HexEncode(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

Result<std::string> HexDecode(std::string_view text) {
  if (text.size() % 2 != 0) return Fail(Code::kInvalidArgument, "not hexadecimal");
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return Fail(Code::kInvalidArgument, "not hexadecimal");
    out.push_back(static_cast<char>(high << 4 | low));
  }
  return out;
}

std::string Base64Encode(std::string_view bytes) { return Encode(bytes, kStandard, true); }
Result<std::string> Base64Decode(std::string_view text) {
  return Decode(text, kStandardInverse, true);
}
std::string Base64UrlEncode(std::string_view bytes) { return Encode(bytes, kUrlSafe, false); }
Result<std::string> Base64UrlDecode(std::string_view text) {
  return Decode(text, kUrlSafeInverse, false);
}

}  // namespace vedette
