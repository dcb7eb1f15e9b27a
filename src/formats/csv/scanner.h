// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/csv/column.h"

namespace vedette::formats::csv {

// Where fields and rows end: the first stage of reading, the same for every CSV file.
//
// 64 characters at a time become bit masks of commas, line feeds and quotes; a prefix XOR over the
// quote mask gives the characters within quotes (a doubled quote toggles twice), whose commas and
// line feeds do not separate. (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019.)
struct SeparatorIndex {
  Column<std::uint32_t> separators;  // positions of separating commas and line feeds
  Column<std::uint32_t> row_ends;    // which separators (by index) are line feeds
};

// What the next range of the same text needs to know of the one before.
struct ScanState {
  bool in_quotes = false;
};

enum class ScanKind : std::uint8_t { kPortable, kAvx2 };

// The fastest kind this processor runs.
ScanKind BestScanKind();

// Appends the separators of text[from, to) and moves `state` to `to`. True when the range holds
// something that needs a closer look at its rows: a quote, a NUL, a byte beyond ASCII, or a
// carriage return that no line feed follows within the range. Both kinds give the same answer.
// Positions must fit 32 bits.
bool ScanSeparators(ScanKind kind,
                    const char* text,
                    std::size_t from,
                    std::size_t to,
                    ScanState& state,
                    SeparatorIndex& index);

}  // namespace vedette::formats::csv
