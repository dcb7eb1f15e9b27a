// SPDX-License-Identifier: Apache-2.0
#include "rules/syntax/diagnostic.h"

#include <algorithm>

#include "rules/syntax/utf8.h"

namespace vedette::rules {
namespace {

constexpr std::size_t kWidth = 100;

// A line as code points, so that it can be cut and measured by characters. What is not UTF-8 and
// control characters appear as one "?" each.
std::vector<std::string> Characters(std::string_view line) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < line.size();) {
    const CodePoint point = ReadCodePoint(line, at);
    const std::size_t size = std::max<std::size_t>(1, point.size);
    if (line[at] == '\t') {
      out.emplace_back(" ");
    } else if (point.size == 0 || point.value < 0x20 || point.value == 0x7F) {
      out.emplace_back("?");
    } else {
      out.emplace_back(line.substr(at, size));
    }
    at += size;
  }
  return out;
}

std::string Note(const Diagnostic& diagnostic) {
  return diagnostic.suggestion.empty() ? diagnostic.message
                                       : diagnostic.message + "; " + diagnostic.suggestion;
}

}  // namespace

std::string Render(std::string_view source, const Diagnostic& diagnostic) {
  const std::size_t begin = std::min<std::size_t>(diagnostic.span.begin, source.size());
  const std::size_t end = std::clamp<std::size_t>(diagnostic.span.end, begin, source.size());
  const std::size_t line_begin = source.substr(0, begin).rfind('\n') + 1;
  const std::size_t line_end = std::min(source.find('\n', begin), source.size());
  const auto line_number = std::ranges::count(source.substr(0, begin), '\n') + 1;

  const std::vector<std::string> line =
      Characters(source.substr(line_begin, line_end - line_begin));
  const std::size_t column = Characters(source.substr(line_begin, begin - line_begin)).size();
  const std::size_t carets = std::max<std::size_t>(
      1, Characters(source.substr(begin, std::min(end, line_end) - begin)).size());

  // A long line is cut so that the span and as much as fits before it can be seen.
  const std::size_t shown = std::min(carets, kWidth);
  const std::size_t first = line.size() <= kWidth || column + shown <= kWidth
                                ? 0
                                : std::min(column, column + shown - kWidth + kWidth / 4);
  const std::size_t last = std::min(line.size(), first + kWidth);

  const std::string head = "line " + std::to_string(line_number) + ": ";
  std::string out = head;
  for (std::size_t i = first; i < last; ++i) {
    out += line[i];
  }
  out += '\n';
  out += std::string(head.size() + column - first, ' ');
  out += std::string(std::min(carets, first + kWidth - column), '^');
  return out + " " + Note(diagnostic);
}

}  // namespace vedette::rules
