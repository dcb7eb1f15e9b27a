// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/byte_source.h"
#include "formats/csv/column.h"
#include "formats/csv/header.h"
#include "formats/csv/scanner.h"
#include "formats/data_source.h"

namespace vedette::formats::csv {

struct ReaderLimits {
  std::size_t chunk_bytes =
      std::size_t{64} * 1024;  // read at a time; any value gives the same rows
  std::size_t max_row_bytes = std::size_t{64} * 1024;
  std::size_t max_field_bytes = std::size_t{16} * 1024;
  ScanKind scan = BestScanKind();
};

// A run of good rows: as many fields as the header has, quotes taken off, no line end. The text of
// field f of row r lies between separators[r.first_separator + f - 1] (or r.start) and
// separators[r.first_separator + f].
class RowBlock final : public BatchStorage {
 public:
  struct Row {
    std::uint32_t start;
    std::uint32_t first_separator;
    std::uint32_t line;  // counted from first_line
  };

  // A row taken apart, while the block lives.
  class View {
   public:
    View(const RowBlock& block, const Row& row)
        : text_(block.text_.data()),
          separators_(block.index_.separators.data() + row.first_separator),
          start_(row.start) {}
    std::string_view operator[](std::size_t field) const {
      const std::uint32_t begin = field == 0 ? start_ : separators_[field - 1] + 1;
      return {text_ + begin, separators_[field] - begin};
    }

   private:
    const char* text_;
    const std::uint32_t* separators_;
    std::uint32_t start_;
  };

  std::size_t size() const { return rows_.size(); }
  View operator[](std::size_t row) const { return {*this, rows_[row]}; }
  std::uint64_t LineOf(std::size_t row) const { return first_line_ + rows_[row].line; }
  const std::vector<RowReject>& rejects() const { return rejects_; }
  // Room for numbers to be read a word at a time: so many bytes may be read behind any field.
  static constexpr std::size_t kPadding = 64;

 private:
  friend class RowReader;
  Column<char> text_;
  SeparatorIndex index_;
  Column<Row> rows_;
  std::vector<RowReject> rejects_;
  std::uint64_t first_line_ = 1;
};

// Splits a CSV text (RFC 4180, UTF-8) into rows, in memory bounded by the limits.
//
// Rows end with LF or CRLF; fields may be quoted and then hold commas, line ends and doubled
// quotes; the last line may lack its end; empty lines are passed over. A bad row is rejected alone:
// too few or too many fields, a NUL, a carriage return outside quotes, a quote within an unquoted
// field, text behind a closing quote, a quote that is never closed, a row or field over its limit.
// After an error in the quoting, reading goes on at the next physical line.
class RowReader {
 public:
  RowReader(std::unique_ptr<ByteSource> text, ReaderLimits limits);

  // Reads the first row; call it once, before Next.
  Result<Header> ReadHeader();

  // The next rows and rejects; false, with an empty block, at the end of the text.
  Result<bool> Next(RowBlock& block);

  SourceProgress progress() const { return {source_->position(), source_->size()}; }

 private:
  Status Fill(RowBlock& block);
  void Scan(RowBlock& block);
  void TakeRows(RowBlock& block);
  void TakeRow(RowBlock& block, std::size_t last);
  void Accept(RowBlock& block, std::size_t last, std::size_t end, std::size_t inner_lines);
  void Leave(std::size_t last, std::size_t end, std::size_t inner_lines);
  void Unquote(RowBlock& block, std::size_t last);
  void RejectOverlong(RowBlock& block);
  void RejectUnclosed(RowBlock& block);
  void Resume(RowBlock& block);
  void Reject(RowBlock& block, std::uint64_t line, std::size_t field, std::string reason);

  std::unique_ptr<ByteSource> source_;
  ReaderLimits limits_;
  Header header_;
  std::string carry_;       // the start of a row whose end is in a later chunk
  std::uint64_t line_ = 1;  // physical line of the row at row_start_
  bool at_end_ = false;     // the source has nothing more
  bool skip_line_ = false;  // within an overlong row, up to its line feed
  // Within the current block:
  std::size_t row_start_ = 0;
  std::size_t row_separator_ = 0;    // index of the first separator of the row at row_start_
  std::size_t next_end_ = 0;         // index into row_ends of the next row
  std::size_t scanned_ = 0;          // text before this is in the index
  bool closer_look_ = false;         // the row at row_start_ may have quotes or odd bytes
  bool window_closer_look_ = false;  // so may the window scanned last
  ScanState state_;
};

}  // namespace vedette::formats::csv
