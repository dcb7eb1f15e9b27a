// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/yaml_writer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace vedette::rules {
namespace {

bool IsPlainWord(std::string_view text) {
  if (text.empty() || std::isalpha(static_cast<unsigned char>(text[0])) == 0) return false;
  constexpr std::array<std::string_view, 3> kReserved = {"null", "true", "false"};
  if (std::ranges::find(kReserved, text) != kReserved.end()) return false;
  return std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
  });
}

// "130", "-2.5"
bool IsPlainNumber(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.front() != '.' && text.back() != '.' &&
         std::ranges::count(text, '.') <= 1 && std::ranges::all_of(text, [](char c) {
           return c == '.' || std::isdigit(static_cast<unsigned char>(c)) != 0;
         });
}

// Characters of more than one byte that YAML takes for line breaks or refuses as they are.
struct Escape {
  std::string_view bytes;
  std::string_view text;
};
constexpr std::array<Escape, 3> kEscapes = {
    {{"\xE2\x80\xA8", "\\L"}, {"\xE2\x80\xA9", "\\P"}, {"\xEF\xBB\xBF", "\\uFEFF"}}};

constexpr std::string_view kHex = "0123456789ABCDEF";

// How many bytes of `text` have to be written as `*escaped`; 0: none.
std::size_t NeedsEscape(std::string_view text, std::string* escaped) {
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte < 0x20 || byte == 0x7F) {
    *escaped = text[0] == '\n'   ? "\\n"
               : text[0] == '\t' ? "\\t"
                                 : std::string("\\x") + kHex[byte >> 4] + kHex[byte & 15];
    return 1;
  }
  if (byte == 0xC2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xA0) {
    const auto code = static_cast<unsigned char>(text[1]);
    *escaped = std::string("\\x") + kHex[code >> 4] + kHex[code & 15];
    return 2;
  }
  for (const Escape& escape : kEscapes) {
    if (text.starts_with(escape.bytes)) {
      *escaped = escape.text;
      return escape.bytes.size();
    }
  }
  return 0;
}

bool FitsBlock(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.front() == '\n' || text.back() == '\n') {
    return false;
  }
  std::string ignored;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n' && NeedsEscape(text.substr(i), &ignored) > 0) return false;
  }
  return true;
}

}  // namespace

std::string YamlScalar(std::string_view text) {
  if (IsPlainWord(text) || IsPlainNumber(text)) return std::string(text);
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size();) {
    std::string escaped;
    if (const std::size_t bytes = NeedsEscape(text.substr(i), &escaped); bytes > 0) {
      quoted += escaped;
      i += bytes;
      continue;
    }
    if (text[i] == '"' || text[i] == '\\') quoted += '\\';
    quoted += text[i++];
  }
  return quoted + '"';
}

std::string YamlText(std::string_view text, std::size_t indent) {
  if (!text.contains('\n') || !FitsBlock(text)) return YamlScalar(text);
  std::string block = "|-";
  while (true) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    block += '\n';
    if (!line.empty()) block.append(indent, ' ').append(line);
    if (end == std::string_view::npos) return block;
    text.remove_prefix(end + 1);
  }
}

}  // namespace vedette::rules
