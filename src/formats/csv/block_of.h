// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <tuple>
#include <vector>

#include "formats/csv/row_reader.h"
#include "formats/data_source.h"

namespace vedette::formats::csv {

// The emptied batch's own block: the one it brought along, or a new one.
inline RowBlock& BlockOf(ObservationBatch& batch) {
  batch.observations.clear();
  batch.rejects.clear();
  batch.rows = 0;
  batch.arena.Clear();
  if (auto* const block = dynamic_cast<RowBlock*>(batch.storage.get())) return *block;
  auto block = std::make_unique<RowBlock>();
  RowBlock& reference = *block;
  batch.storage = std::move(block);
  return reference;
}

// Brings the rejects before and from `middle` into the order of lines.
inline void SortRejects(std::vector<RowReject>& rejects, std::size_t middle) {
  if (middle == 0 || middle == rejects.size()) return;
  std::ranges::sort(rejects, [](const RowReject& a, const RowReject& b) {
    return std::tie(a.line, a.column, a.reason) < std::tie(b.line, b.column, b.reason);
  });
}

}  // namespace vedette::formats::csv
