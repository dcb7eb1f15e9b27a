// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/row_reader.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "formats/csv/record.h"

namespace vedette::formats::csv {
namespace {

// Scanned at a time. Small, because after an error in the quoting a window is scanned again.
constexpr std::size_t kWindow = 4096;

std::size_t CountLineFeeds(const char* text, std::size_t from, std::size_t to) {
  return static_cast<std::size_t>(std::count(text + from, text + to, '\n'));
}

// Faults after which it is not known where quotes open and close.
bool BreaksQuoting(FieldFault fault) {
  return fault == FieldFault::kStrayQuote || fault == FieldFault::kTextBehind ||
         fault == FieldFault::kUnclosed;
}

}  // namespace

RowReader::RowReader(std::unique_ptr<ByteSource> text, ReaderLimits limits)
    : source_(std::move(text)), limits_(limits) {
  limits_.chunk_bytes = std::max<std::size_t>(limits_.chunk_bytes, 1);
}

Result<Header> RowReader::ReadHeader() {
  std::string chunk(limits_.chunk_bytes, '\0');
  while (true) {
    const Record record = ReadRecord(carry_, at_end_);
    if (record.size > 0) {
      const bool blank = record.fields.size() == 1 && record.fields[0].empty();
      const std::size_t lines =
          std::max<std::size_t>(1, CountLineFeeds(carry_.data(), 0, record.size));
      carry_.erase(0, record.size);
      line_ += lines;
      if (blank) continue;
      if (record.fault == FieldFault::kStrayReturn) {
        return Fail(Code::kInvalidArgument,
                    "Lines end with a carriage return alone; save the file with LF or CRLF.");
      }
      if (record.fault != FieldFault::kNone) {
        return Fail(Code::kInvalidArgument, "The line of column names cannot be read: " +
                                                std::string(DescribeFault(record.fault)) + ".");
      }
      VEDETTE_TRY(header_, Header::Make(record.fields));
      return header_;
    }
    if (carry_.size() > limits_.max_row_bytes) {
      return Fail(Code::kInvalidArgument, "The line of column names is longer than " +
                                              std::to_string(limits_.max_row_bytes) + " bytes.");
    }
    if (at_end_) return Fail(Code::kInvalidArgument, "The file is empty.");
    VEDETTE_TRY(const std::size_t count, source_->Read(chunk));
    carry_.append(chunk, 0, count);
    at_end_ = count == 0;
  }
}

Result<bool> RowReader::Next(RowBlock& block) {
  block.rows_.Clear();
  block.rejects_.clear();
  block.first_line_ = line_;
  block.text_.Clear();
  block.text_.Reserve(carry_.size() + limits_.chunk_bytes + RowBlock::kPadding + 1);
  std::memcpy(block.text_.data(), carry_.data(), carry_.size());
  block.text_.Resize(carry_.size());
  carry_.clear();
  row_start_ = 0;

  while (block.rows_.empty() && block.rejects_.empty()) {
    // What lies before the row in work is of no use: no row came of it.
    const std::size_t pending = block.text_.size() - row_start_;
    if (row_start_ > 0) {
      std::memmove(block.text_.data(), block.text_.data() + row_start_, pending);
      block.text_.Resize(pending);
    }
    row_start_ = scanned_ = 0;
    row_separator_ = next_end_ = 0;
    block.index_.separators.Clear();
    block.index_.row_ends.Clear();
    closer_look_ = window_closer_look_ = false;
    state_ = {};
    if (at_end_ && pending == 0) return false;
    VEDETTE_CHECK_OK(Fill(block));
    Scan(block);
  }
  carry_.assign(block.text_.data() + row_start_, block.text_.size() - row_start_);
  return true;
}

// Reads a chunk behind what is there, and gives the last line its line feed.
Status RowReader::Fill(RowBlock& block) {
  Column<char>& text = block.text_;
  text.Reserve(text.size() + limits_.chunk_bytes + RowBlock::kPadding + 1);
  const std::size_t full = text.size() + limits_.chunk_bytes;
  while (!at_end_ && text.size() < full) {
    VEDETTE_TRY(const std::size_t count,
                source_->Read(std::span(text.data() + text.size(), full - text.size())));
    text.Resize(text.size() + count);
    at_end_ = count == 0;
  }
  if (at_end_ && !text.empty() && text[text.size() - 1] != '\n') text.Append('\n');
  return {};
}

void RowReader::Scan(RowBlock& block) {
  const std::size_t size = block.text_.size();
  while (true) {
    if (skip_line_) {
      const void* const end = std::memchr(block.text_.data() + row_start_, '\n', size - row_start_);
      if (end == nullptr) {
        row_start_ = scanned_ = size;
        return;
      }
      skip_line_ = false;
      ++line_;
      row_start_ = scanned_ =
          static_cast<std::size_t>(static_cast<const char*>(end) - block.text_.data()) + 1;
    }
    while (scanned_ < size) {
      const std::size_t to = std::min(size, scanned_ + kWindow);
      window_closer_look_ =
          ScanSeparators(limits_.scan, block.text_.data(), scanned_, to, state_, block.index_);
      closer_look_ |= window_closer_look_;
      scanned_ = to;
      TakeRows(block);
    }
    if (size - row_start_ > limits_.max_row_bytes) {
      RejectOverlong(block);
    } else if (at_end_ && row_start_ < size) {
      RejectUnclosed(block);
    } else if (!skip_line_ && scanned_ == size) {
      return;
    }
  }
}

// Takes the rows whose end is known: the plain ones here, the others one by one.
void RowReader::TakeRows(RowBlock& block) {
  const std::size_t columns = header_.size();
  const std::size_t plain_size = std::min(limits_.max_row_bytes, limits_.max_field_bytes);
  const char* const text = block.text_.data();
  Column<std::uint32_t>& separators = block.index_.separators;
  const Column<std::uint32_t>& row_ends = block.index_.row_ends;
  block.rows_.Reserve(block.rows_.size() + row_ends.size() - next_end_);
  while (next_end_ < row_ends.size()) {
    const std::size_t last = row_ends[next_end_];
    const std::size_t end = separators[last];
    if (closer_look_ || last - row_separator_ + 1 != columns || columns == 1 ||
        end - row_start_ > plain_size) {
      TakeRow(block, last);
      continue;
    }
    if (text[end - 1] == '\r') --separators[last];
    Accept(block, last, end, 0);
  }
}

void RowReader::Accept(RowBlock& block,
                       std::size_t last,
                       std::size_t end,
                       std::size_t inner_lines) {
  block.rows_.Append({static_cast<std::uint32_t>(row_start_),
                      static_cast<std::uint32_t>(row_separator_),
                      static_cast<std::uint32_t>(line_ - block.first_line_)});
  Leave(last, end, inner_lines);
}

void RowReader::Leave(std::size_t last, std::size_t end, std::size_t inner_lines) {
  row_start_ = end + 1;
  row_separator_ = last + 1;
  ++next_end_;
  line_ += 1 + inner_lines;
  closer_look_ = window_closer_look_;
}

// One row that is not plain. `last` is the index of the line feed that ends it.
void RowReader::TakeRow(RowBlock& block, std::size_t last) {
  Column<std::uint32_t>& separators = block.index_.separators;
  char* const text = block.text_.data();
  const std::size_t end = separators[last];
  if (end - row_start_ > limits_.max_row_bytes) {
    RejectOverlong(block);
    return;
  }
  if (end > row_start_ && text[end - 1] == '\r') --separators[last];
  const std::size_t fields = last - row_separator_ + 1;
  if (fields == 1 && separators[last] == row_start_) {
    Leave(last, end, 0);
    return;
  }
  const RowBlock::View row(block, {static_cast<std::uint32_t>(row_start_),
                                   static_cast<std::uint32_t>(row_separator_), 0});
  std::size_t inner_lines = 0;
  if (closer_look_) {
    inner_lines = CountLineFeeds(text, row_start_, end);
    // An error in the quoting goes first: it decides where reading goes on.
    std::optional<std::pair<std::size_t, FieldFault>> found;
    for (std::size_t i = 0; i < fields; ++i) {
      const FieldFault fault = CheckField(row[i]);
      if (fault == FieldFault::kNone) continue;
      if (!found) found = {i, fault};
      if (BreaksQuoting(fault)) {
        Reject(block, line_, i, std::string(DescribeFault(fault)));
        Resume(block);
        return;
      }
    }
    if (found) {
      Reject(block, line_, found->first, std::string(DescribeFault(found->second)));
      Leave(last, end, inner_lines);
      return;
    }
  }
  if (fields != header_.size()) {
    Reject(block, line_, header_.size(),
           "the row has " + std::to_string(fields) + " fields, the header " +
               std::to_string(header_.size()));
    Leave(last, end, inner_lines);
    return;
  }
  for (std::size_t i = 0; i < fields; ++i) {
    if (row[i].size() > limits_.max_field_bytes) {
      Reject(block, line_, i,
             "the field is longer than " + std::to_string(limits_.max_field_bytes) + " bytes");
      Leave(last, end, inner_lines);
      return;
    }
  }
  if (closer_look_) Unquote(block, last);
  Accept(block, last, end, inner_lines);
}

// Takes the quotes off in place, so that whoever reads the row sees plain fields.
void RowReader::Unquote(RowBlock& block, std::size_t last) {
  Column<std::uint32_t>& separators = block.index_.separators;
  char* const text = block.text_.data();
  std::size_t from = row_start_;
  std::size_t to = row_start_;
  for (std::size_t i = row_separator_; i <= last; ++i) {
    const std::size_t field_end = separators[i];
    to += UnquoteField({text + from, field_end - from}, text + to);
    separators[i] = static_cast<std::uint32_t>(to++);
    from = field_end + 1;
  }
}

void RowReader::RejectOverlong(RowBlock& block) {
  std::string reason = "the row is longer than " + std::to_string(limits_.max_row_bytes) + " bytes";
  // Looks no further than every chunk size has read by now.
  if (std::memchr(block.text_.data() + row_start_, '"', limits_.max_row_bytes) != nullptr) {
    reason += "; is a quote left open?";
  }
  Reject(block, line_, header_.size(), std::move(reason));
  Resume(block);
}

void RowReader::RejectUnclosed(RowBlock& block) {
  const std::string_view rest(block.text_.data() + row_start_, block.text_.size() - row_start_);
  std::size_t opened = 0;
  bool in_quotes = false;
  for (std::size_t at = 0; at < rest.size(); ++at) {
    if (rest[at] != '"') continue;
    if (!in_quotes) {
      in_quotes = true;
      opened = at;
    } else if (at + 1 < rest.size() && rest[at + 1] == '"') {
      ++at;
    } else {
      in_quotes = false;
    }
  }
  Reject(block, line_ + CountLineFeeds(rest.data(), 0, opened),
         block.index_.separators.size() - row_separator_,
         std::string(DescribeFault(FieldFault::kUnclosed)));
  Resume(block);
}

// Goes on behind the first line feed of the row in work, as if nothing had been quoted before.
void RowReader::Resume(RowBlock& block) {
  const std::size_t size = block.text_.size();
  const void* const end = std::memchr(block.text_.data() + row_start_, '\n', size - row_start_);
  if (end != nullptr) {
    row_start_ = static_cast<std::size_t>(static_cast<const char*>(end) - block.text_.data()) + 1;
    ++line_;
  } else {
    row_start_ = size;
    skip_line_ = true;
  }
  block.index_.separators.Resize(row_separator_);
  block.index_.row_ends.Resize(next_end_);
  scanned_ = row_start_;
  state_ = {};
  closer_look_ = window_closer_look_ = false;
}

void RowReader::Reject(RowBlock& block, std::uint64_t line, std::size_t field, std::string reason) {
  block.rejects_.push_back(
      {line, field < header_.size() ? header_.names()[field] : "", std::move(reason), ""});
}

}  // namespace vedette::formats::csv
