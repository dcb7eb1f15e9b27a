// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/scanner.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace vedette::formats::csv {
namespace {

struct Scanned {
  std::vector<std::uint32_t> separators;
  std::vector<std::uint32_t> row_ends;
  bool in_quotes = false;
  bool closer_look = false;
  bool operator==(const Scanned&) const = default;
};

Scanned ScanAll(ScanKind kind, const std::string& text, std::size_t window) {
  SeparatorIndex index;
  ScanState state;
  Scanned out;
  for (std::size_t from = 0; from < text.size(); from += window) {
    const std::size_t to = std::min(text.size(), from + window);
    out.closer_look |= ScanSeparators(kind, text.data(), from, to, state, index);
  }
  out.separators.assign(index.separators.begin(), index.separators.end());
  out.row_ends.assign(index.row_ends.begin(), index.row_ends.end());
  out.in_quotes = state.in_quotes;
  return out;
}

// What the masks are to say, a character at a time.
Scanned Reference(const std::string& text) {
  Scanned out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') out.in_quotes = !out.in_quotes;
    if (c == '"' || c == '\0' || static_cast<unsigned char>(c) >= 0x80) out.closer_look = true;
    if (c == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) out.closer_look = true;
    if (out.in_quotes || (c != ',' && c != '\n')) continue;
    if (c == '\n') out.row_ends.push_back(static_cast<std::uint32_t>(out.separators.size()));
    out.separators.push_back(static_cast<std::uint32_t>(i));
  }
  return out;
}

std::string RandomText(std::mt19937& random, std::string_view alphabet, std::size_t size) {
  std::string text(size, ' ');
  for (char& c : text) c = alphabet[random() % alphabet.size()];
  return text;
}

TEST(ScannerTest, BothKindsFindWhatIsThere) {
  std::mt19937 random(7);
  const std::string_view alphabets[] = {"abc,\n",
                                        "abcdefghijklmnopqrstuvw,\r\n",
                                        "ab,\n\"",
                                        "a,\"\"\"\n\r",
                                        std::string_view("a,\n\0\xc3\r\"bcdefghijkl", 18),
                                        ",\n",
                                        "abc"};
  for (int round = 0; round < 20000; ++round) {
    const std::string text =
        RandomText(random, alphabets[random() % std::size(alphabets)], random() % 400);
    const Scanned expected = Reference(text);
    ASSERT_EQ(ScanAll(ScanKind::kPortable, text, 4096), expected) << text;
    if (BestScanKind() == ScanKind::kAvx2) {
      ASSERT_EQ(ScanAll(ScanKind::kAvx2, text, 4096), expected) << text;
    }
  }
}

TEST(ScannerTest, WindowsOfAnySizeFindTheSame) {
  std::mt19937 random(8);
  for (int round = 0; round < 300; ++round) {
    const std::string text = RandomText(random, "abcd,\n\"\r", 300);
    const Scanned expected = Reference(text);
    for (const std::size_t window : {1U, 2U, 63U, 64U, 65U, 100U, 299U}) {
      for (const ScanKind kind : {ScanKind::kPortable, BestScanKind()}) {
        const Scanned found = ScanAll(kind, text, window);
        ASSERT_EQ(found.separators, expected.separators);
        ASSERT_EQ(found.row_ends, expected.row_ends);
        ASSERT_EQ(found.in_quotes, expected.in_quotes);
        // A window may ask for a closer look too much, never too little.
        ASSERT_TRUE(found.closer_look || !expected.closer_look);
      }
    }
  }
}

}  // namespace
}  // namespace vedette::formats::csv
