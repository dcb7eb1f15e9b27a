// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/row_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "formats/csv/record.h"

namespace vedette::formats::csv {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Everything a reader says of a text, in one value: "line: a|b|c" and "line column: reason".
struct Outcome {
  std::vector<std::string> rows;
  std::vector<std::string> rejects;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  for (const std::string& row : outcome.rows) out << "row " << row << '\n';
  for (const std::string& reject : outcome.rejects) out << "reject " << reject << '\n';
  return out << outcome.error;
}

Outcome ReadText(std::string_view text, ReaderLimits limits = {}) {
  Outcome outcome;
  RowReader reader(MakeMemorySource(text), limits);
  const Result<Header> header = reader.ReadHeader();
  if (!header) {
    outcome.error = header.error().message;
    return outcome;
  }
  RowBlock block;
  std::vector<std::tuple<std::uint64_t, std::string>> rejects;
  while (true) {
    const Result<bool> more = reader.Next(block);
    EXPECT_TRUE(more.has_value());
    if (!more || !*more) break;
    EXPECT_TRUE(block.size() > 0 || !block.rejects().empty());
    for (std::size_t row = 0; row < block.size(); ++row) {
      std::string line = std::to_string(block.LineOf(row)) + ": ";
      for (std::size_t i = 0; i < header->size(); ++i) {
        if (i > 0) line += '|';
        line += block[row][i];
      }
      outcome.rows.push_back(std::move(line));
    }
    for (const RowReject& reject : block.rejects()) {
      rejects.emplace_back(
          reject.line, std::to_string(reject.line) + " " + reject.column + ": " + reject.reason);
    }
  }
  std::ranges::sort(rejects);
  for (auto& [line, reject] : rejects) outcome.rejects.push_back(std::move(reject));
  return outcome;
}

TEST(RowReaderTest, ReadsPlainRows) {
  EXPECT_THAT(ReadText("a,b,c\n1,2,3\n,,\n4,5,6").rows,
              ElementsAre("2: 1|2|3", "3: ||", "4: 4|5|6"));
  EXPECT_THAT(ReadText("a,b\r\n1,2\r\n3,\r\n").rows, ElementsAre("2: 1|2", "3: 3|"));
  EXPECT_THAT(ReadText("\n\r\na,b\n\n1,2\n\r\n\n3,4\n\n").rows, ElementsAre("5: 1|2", "8: 3|4"));
  EXPECT_THAT(ReadText("a,b\n").rows, IsEmpty());
  EXPECT_THAT(ReadText("a,b").rows, IsEmpty());
}

TEST(RowReaderTest, ReadsQuotedFields) {
  EXPECT_THAT(ReadText("a,\"b,c\",d\n\"1\",\"2,\"\"x\"\"\",3\n").rows,
              ElementsAre("2: 1|2,\"x\"|3"));
  EXPECT_THAT(ReadText("a,b\n\"x\ny\r\nz\",1\n\"\",\"\"\"\"\nlast,\"\"").rows,
              ElementsAre("2: x\ny\r\nz|1", "5: |\"", "6: last|"));
  EXPECT_THAT(ReadText("a,b\n1,\"x\"\r\n2,y\r\n").rows, ElementsAre("2: 1|x", "3: 2|y"));
}

TEST(RowReaderTest, RejectsRaggedRowsAlone) {
  const Outcome outcome = ReadText("a,b,c\n1,2\n1,2,3\n1,2,3,4\nx\n\"a,b\",2\n7,8,9\n");
  EXPECT_THAT(outcome.rows, ElementsAre("3: 1|2|3", "7: 7|8|9"));
  EXPECT_THAT(outcome.rejects, ElementsAre("2 : the row has 2 fields, the header 3",
                                           "4 : the row has 4 fields, the header 3",
                                           "5 : the row has 1 fields, the header 3",
                                           "6 : the row has 2 fields, the header 3"));
}

TEST(RowReaderTest, GoesOnAtTheNextLineAfterAQuotingError) {
  const Outcome outcome = ReadText(
      "a,b\n"
      "1,5\" tall\n"    // 2
      "2,ok\n"          // 3
      "3,\"x\"y\n"      // 4
      "\"4\",\"ok\"\n"  // 5
      "5,\"open\n"      // 6
      "6,ok\n");        // 7
  EXPECT_THAT(outcome.rows, ElementsAre("3: 2|ok", "5: 4|ok", "7: 6|ok"));
  EXPECT_THAT(outcome.rejects, ElementsAre("2 b: a quote stands within an unquoted field",
                                           "4 b: text stands behind a closing quote",
                                           "6 b: a quote is opened here and never closed"));
}

TEST(RowReaderTest, NamesTheLineWhereAnUnclosedQuoteOpened) {
  const Outcome outcome = ReadText("a,b\n\"x\ny\",\"z\n1,2\n");
  EXPECT_THAT(outcome.rejects, testing::Contains("3 b: a quote is opened here and never closed"));
  EXPECT_THAT(outcome.rows, testing::Contains("4: 1|2"));
}

TEST(RowReaderTest, RejectsBytesThatAreNoText) {
  using namespace std::string_view_literals;
  const Outcome outcome =
      ReadText("a,b\n1,x\0y\n2,x\ry\n3,\xb0\xa1\n4,\xe4\xbd\xa0\n5,\"x\ry\"\n"sv);
  EXPECT_THAT(outcome.rows, ElementsAre("5: 4|\xe4\xbd\xa0", "6: 5|x\ry"));
  EXPECT_THAT(outcome.rejects, ElementsAre("2 b: the field holds a NUL character",
                                           "3 b: a carriage return stands outside quotes",
                                           "4 b: the field is not UTF-8 text"));
}

TEST(RowReaderTest, HoldsItsLimits) {
  const ReaderLimits limits{.max_row_bytes = 100, .max_field_bytes = 20};
  const std::string long_field(21, 'x');
  const std::string long_row = std::string(60, 'y') + "," + std::string(60, 'z');
  const Outcome outcome =
      ReadText("a,b\n1," + long_field + "\n" + long_row + "\n\"" + std::string(200, 'q') +
                   "\n2,ok\n" + std::string(100000, 'w'),
               limits);
  EXPECT_THAT(outcome.rows, ElementsAre("5: 2|ok"));
  EXPECT_THAT(
      outcome.rejects,
      ElementsAre("2 b: the field is longer than 20 bytes", "3 : the row is longer than 100 bytes",
                  "4 : the row is longer than 100 bytes; is a quote left open?",
                  "6 : the row is longer than 100 bytes"));
}

TEST(RowReaderTest, RefusesHeadersItCannotRead) {
  EXPECT_EQ(ReadText("").error, "The file is empty.");
  EXPECT_EQ(ReadText("\n\n").error, "The file is empty.");
  EXPECT_EQ(ReadText("a,b\r1,2\r").error,
            "Lines end with a carriage return alone; save the file with LF or CRLF.");
  EXPECT_THAT(ReadText("a,\"b\n1,2\n").error, testing::HasSubstr("never closed"));
  EXPECT_THAT(ReadText("\xc4\xe3,b\n1,2\n").error, testing::HasSubstr("not UTF-8"));
  EXPECT_THAT(ReadText(std::string(200000, 'a')).error, testing::HasSubstr("longer than"));
}

const std::vector<std::string>& Samples() {
  static const std::vector<std::string> samples = {
      "a,b,c\n1,2,3\n4,5,6\n7,8,9\n",
      "a,b,c\r\n\"1\",\"x,y\",3\r\n4,\"l1\nl2\",6\r\n7,\"q\"\"q\",9",
      "id,time,hr\nP1,2026-01-01T10:00:00Z,70\n\nP2,\xe4\xbd\xa0,71\r\n,,\n",
  };
  return samples;
}

std::string Mutate(std::string text, std::mt19937& random) {
  static constexpr std::string_view kBytes(
      "\"\",,\n\n\r\0\xff\xe4"
      "ax",
      12);
  for (std::size_t i = random() % 5; i > 0 && !text.empty(); --i) {
    const std::size_t at = random() % text.size();
    switch (random() % 4) {
      case 0:
        text[at] = kBytes[random() % kBytes.size()];
        break;
      case 1:
        text.erase(at, random() % 4);
        break;
      case 2:
        text.insert(at, 1, kBytes[random() % kBytes.size()]);
        break;
      default:
        text.insert(at, text.substr(random() % text.size(), random() % 12));
        break;
    }
  }
  return text;
}

TEST(RowReaderTest, ChunkSizeAndScanKindDoNotMatter) {
  std::mt19937 random(42);
  for (int round = 0; round < 4000; ++round) {
    const std::string text = Mutate(Samples()[random() % Samples().size()], random);
    const std::size_t max_row = random() % 3 == 0 ? 12 : 1000;
    const std::size_t max_field = random() % 3 == 0 ? 5 : 500;
    const Outcome whole = ReadText(text, {1 << 16, max_row, max_field, ScanKind::kPortable});
    for (const std::size_t chunk : {1U, 2U, 3U, 7U, 16U, 64U, 1000U}) {
      // A header over the limit is refused only where it takes more than one chunk.
      const Outcome parts = ReadText(text, {chunk, max_row, max_field, BestScanKind()});
      if (!parts.error.empty() && parts.error != whole.error) {
        ASSERT_THAT(parts.error, testing::HasSubstr("longer than"));
        continue;
      }
      ASSERT_EQ(parts, whole) << "chunk " << chunk << " of\n" << text;
    }
  }
}

// The rules of the reader once more, a character at a time and over the whole text: rows, and the
// lines of rejects, of a text without limits.
void ReadSlowly(std::string_view text, std::size_t columns, Outcome& outcome) {
  std::size_t line = 1;
  for (bool header = true; !text.empty();) {
    std::vector<std::string_view> fields;
    bool in_quotes = false;
    std::size_t start = 0;
    std::size_t end = 0;
    for (; end < text.size(); ++end) {
      if (text[end] == '"') in_quotes = !in_quotes;
      if (in_quotes || (text[end] != ',' && text[end] != '\n')) continue;
      fields.push_back(text.substr(start, end - start));
      start = end + 1;
      if (text[end] == '\n') break;
    }
    if (end == text.size()) fields.push_back(text.substr(start));
    if (fields.back().ends_with('\r')) fields.back().remove_suffix(1);
    bool broken = in_quotes;
    bool bad = fields.size() != columns;
    std::string row = std::to_string(line) + ": ";
    for (const std::string_view& field : fields) {
      const FieldFault fault = CheckField(field);
      broken |= fault == FieldFault::kStrayQuote || fault == FieldFault::kTextBehind ||
                fault == FieldFault::kUnclosed;
      bad |= fault != FieldFault::kNone;
      std::string value(field.size(), ' ');
      if (!broken) value.resize(UnquoteField(field, value.data()));
      row += (&field == &fields.front() ? "" : "|") + value;
    }
    if (broken) end = std::min(text.find('\n'), text.size());
    const bool blank = fields.size() == 1 && fields[0].empty();
    if (!header && !blank && (broken || bad)) outcome.rejects.push_back(std::to_string(line));
    if (!header && !broken && !bad && !blank) outcome.rows.push_back(row);
    if (!blank) header = false;
    const std::string_view taken = text.substr(0, std::min(end + 1, text.size()));
    line += static_cast<std::size_t>(std::ranges::count(taken, '\n'));
    text.remove_prefix(taken.size());
  }
}

TEST(RowReaderTest, LongTextsReadAsTheRulesSay) {
  std::mt19937 random(44);
  for (int round = 0; round < 150; ++round) {
    std::string text = "a,b,c\n";
    while (text.size() < 30000) {
      const std::string& sample = Samples()[random() % Samples().size()];
      std::string rows = sample.substr(sample.find('\n') + 1);
      if (random() % 30 == 0) rows = Mutate(rows, random);
      // Rows longer than what is scanned at a time.
      if (random() % 30 == 0) rows += "\"" + std::string(random() % 9000, 'x') + "\",2,3";
      if (random() % 30 == 0) {
        rows += "\"1\"," + std::string(random() % 9000, 'x') + ",3\n";
        for (int i = 0; i < 1000; ++i) rows += "1,2,3\n";
      }
      text += rows + "\n";
    }
    Outcome expected;
    ReadSlowly(text, 3, expected);
    for (const std::size_t chunk : {700U, 4096U, 1U << 20}) {
      Outcome found = ReadText(
          text, {.chunk_bytes = chunk, .max_row_bytes = 1 << 20, .max_field_bytes = 1 << 20});
      ASSERT_EQ(found.rows, expected.rows) << "chunk " << chunk;
      ASSERT_EQ(found.rejects.size(), expected.rejects.size()) << "chunk " << chunk;
    }
  }
}

TEST(RowReaderTest, WhatItWroteItReads) {
  std::mt19937 random(43);
  static constexpr std::string_view kText("ab,\"\n\r ;\xc3\xa9", 10);
  for (int round = 0; round < 2000; ++round) {
    std::string text = "a,b,c\n";
    std::vector<std::string> expected;
    std::size_t line = 2;
    for (std::size_t row = random() % 8; row > 0; --row) {
      std::string shown = std::to_string(line) + ": ";
      for (int column = 0; column < 3; ++column) {
        std::string value;
        for (std::size_t size = random() % 9; size > 0; --size) {
          const std::size_t pick = random() % 9;
          value += pick == 8 ? kText.substr(8) : kText.substr(pick, 1);
        }
        if (column > 0) shown += '|', text += ',';
        shown += value;
        text += '"';
        for (const char c : value) {
          text += c;
          if (c == '"') text += c;
          if (c == '\n') ++line;
        }
        text += '"';
      }
      expected.push_back(std::move(shown));
      text += random() % 2 == 0 ? "\n" : "\r\n";
      ++line;
    }
    for (const std::size_t chunk : {1U, 50U, 10000U}) {
      const Outcome outcome = ReadText(text, {.chunk_bytes = chunk});
      ASSERT_THAT(outcome.rejects, IsEmpty()) << text;
      ASSERT_EQ(outcome.rows, expected) << text;
    }
  }
}

TEST(RowReaderTest, MemoryStaysBoundedHoweverLongALineIs) {
  // 64 MB of one line against a 1 KB row limit: only the chunk is held.
  class EndlessLine final : public ByteSource {
   public:
    Result<std::size_t> Read(std::span<char> out) override {
      EXPECT_LE(out.size(), 4096U);
      if (position_ >= (64U << 20)) return 0;
      std::ranges::fill(out, 'x');
      if (position_ == 0) out[0] = 'a', out[1] = ',', out[2] = 'b', out[3] = '\n';
      position_ += out.size();
      return out.size();
    }
    std::uint64_t position() const override { return position_; }
    std::optional<std::uint64_t> size() const override { return std::nullopt; }

   private:
    std::uint64_t position_ = 0;
  };
  RowReader reader(std::make_unique<EndlessLine>(), {.chunk_bytes = 4096, .max_row_bytes = 1024});
  ASSERT_TRUE(reader.ReadHeader().has_value());
  RowBlock block;
  ASSERT_TRUE(*reader.Next(block));
  ASSERT_EQ(block.rejects().size(), 1U);
  EXPECT_FALSE(*reader.Next(block));
}

}  // namespace
}  // namespace vedette::formats::csv
