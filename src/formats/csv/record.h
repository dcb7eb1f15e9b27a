// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::formats::csv {

// What is wrong with how a field is written.
enum class FieldFault : std::uint8_t {
  kNone,
  kStrayQuote,  // a quote within an unquoted field
  kTextBehind,  // text behind the closing quote
  kUnclosed,    // no closing quote
  kNul,
  kStrayReturn,  // a carriage return outside quotes
  kNotUtf8,
};

// For people: "a quote stands within an unquoted field".
std::string_view DescribeFault(FieldFault fault);

// The fault of one raw field, separators and line end taken off.
FieldFault CheckField(std::string_view raw);

// Takes the quotes off a faultless raw field: writes to `out`, which may be raw.data() or before
// it, and returns the number of characters.
std::size_t UnquoteField(std::string_view raw, char* out);

// One record, read character by character: for the header, where nothing is known yet.
struct Record {
  std::vector<std::string> fields;
  std::size_t size = 0;  // characters with the line end; 0 when the text ends before the record
  FieldFault fault = FieldFault::kNone;
};

// The record at the start of `text`. Without a line end it is complete only if `is_last`.
Record ReadRecord(std::string_view text, bool is_last);

}  // namespace vedette::formats::csv
