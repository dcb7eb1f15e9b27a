// SPDX-License-Identifier: Apache-2.0
#include "app/commands/text_difference.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace vedette::app {
namespace {

constexpr std::size_t kMaxLines = 2000;

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string Marked(std::string_view sign, std::string_view line) {
  return std::string(sign) + " " + std::string(line) + "\n";
}

}  // namespace

std::string LineDifference(std::string_view before, std::string_view after) {
  const std::vector<std::string_view> old_lines = Lines(before);
  const std::vector<std::string_view> new_lines = Lines(after);
  const std::size_t rows = old_lines.size();
  const std::size_t columns = new_lines.size();
  const bool compare = rows <= kMaxLines && columns <= kMaxLines;
  // common[i][j]: how many lines the ends from i and j on have in common, in order.
  std::vector<std::uint16_t> common(compare ? (rows + 1) * (columns + 1) : 0);
  const auto at = [&](std::size_t i, std::size_t j) -> std::uint16_t& {
    return common[i * (columns + 1) + j];
  };
  for (std::size_t i = compare ? rows : 0; i-- > 0;) {
    for (std::size_t j = columns; j-- > 0;) {
      at(i, j) = old_lines[i] == new_lines[j] ? static_cast<std::uint16_t>(at(i + 1, j + 1) + 1)
                                              : std::max(at(i + 1, j), at(i, j + 1));
    }
  }
  std::string text;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < rows || j < columns) {
    if (compare && i < rows && j < columns && old_lines[i] == new_lines[j]) {
      text += Marked(" ", old_lines[i++]);
      ++j;
    } else if (i < rows && (!compare || j == columns || at(i + 1, j) >= at(i, j + 1))) {
      text += Marked("-", old_lines[i++]);
    } else {
      text += Marked("+", new_lines[j++]);
    }
  }
  return text;
}

}  // namespace vedette::app
