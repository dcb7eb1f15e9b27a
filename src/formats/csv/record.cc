// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/record.h"

#include <cstring>

#include "formats/utf8.h"

namespace vedette::formats::csv {
namespace {

FieldFault CheckQuotes(std::string_view raw) {
  if (raw.find('"') == std::string_view::npos) return FieldFault::kNone;
  if (raw[0] != '"') return FieldFault::kStrayQuote;
  std::size_t at = raw.find('"', 1);
  while (at != std::string_view::npos) {
    if (at + 1 == raw.size()) return FieldFault::kNone;
    if (raw[at + 1] != '"') return FieldFault::kTextBehind;
    at = raw.find('"', at + 2);
  }
  return FieldFault::kUnclosed;
}

}  // namespace

std::string_view DescribeFault(FieldFault fault) {
  switch (fault) {
    case FieldFault::kNone:
      return "";
    case FieldFault::kStrayQuote:
      return "a quote stands within an unquoted field";
    case FieldFault::kTextBehind:
      return "text stands behind a closing quote";
    case FieldFault::kUnclosed:
      return "a quote is opened here and never closed";
    case FieldFault::kNul:
      return "the field holds a NUL character";
    case FieldFault::kStrayReturn:
      return "a carriage return stands outside quotes";
    case FieldFault::kNotUtf8:
      return "the field is not UTF-8 text";
  }
  return "";
}

FieldFault CheckField(std::string_view raw) {
  const FieldFault quotes = CheckQuotes(raw);
  if (quotes != FieldFault::kNone) return quotes;
  if (raw.find('\0') != std::string_view::npos) return FieldFault::kNul;
  const bool quoted = !raw.empty() && raw[0] == '"';
  if (!quoted && raw.find('\r') != std::string_view::npos) return FieldFault::kStrayReturn;
  return IsUtf8(raw) ? FieldFault::kNone : FieldFault::kNotUtf8;
}

std::size_t UnquoteField(std::string_view raw, char* out) {
  if (raw.empty()) return 0;
  if (raw[0] != '"') {
    std::memmove(out, raw.data(), raw.size());
    return raw.size();
  }
  char* to = out;
  std::size_t at = 1;
  while (at + 1 < raw.size()) {
    *to++ = raw[at];
    at += raw[at] == '"' ? 2 : 1;  // a doubled quote stands for one
  }
  return static_cast<std::size_t>(to - out);
}

Record ReadRecord(std::string_view text, bool is_last) {
  Record record;
  std::size_t field = 0;
  bool in_quotes = false;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const bool at_end = at == text.size();
    if (at_end && (!is_last || text.empty())) return record;
    if (!at_end && text[at] == '"') in_quotes = !in_quotes;
    if (!at_end && (in_quotes || (text[at] != ',' && text[at] != '\n'))) continue;
    const bool ends_row = at_end || text[at] == '\n';
    std::string_view raw = text.substr(field, at - field);
    if (ends_row && !at_end && raw.ends_with('\r')) raw.remove_suffix(1);
    if (record.fault == FieldFault::kNone) record.fault = CheckField(raw);
    std::string value(raw.size(), '\0');
    if (record.fault == FieldFault::kNone) value.resize(UnquoteField(raw, value.data()));
    record.fields.push_back(std::move(value));
    field = at + 1;
    if (ends_row) {
      record.size = at_end ? at : at + 1;
      return record;
    }
  }
  return record;
}

}  // namespace vedette::formats::csv
