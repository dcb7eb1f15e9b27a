// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "rules/clinical/observation.h"

namespace vedette::rules {

// When the current fields of a subject's rows were received: it tells which version of a rule
// judges the row.
class RowReceipts {
 public:
  void Put(std::uint64_t row, std::uint32_t item, Seconds received) {
    const auto at = Find(row, item);
    if (at != fields_.end() && at->row == row && at->item == item) {
      at->received = received;
    } else {
      fields_.insert(at, {row, item, received});
    }
  }
  void Remove(std::uint64_t row, std::uint32_t item) {
    const auto at = Find(row, item);
    if (at != fields_.end() && at->row == row && at->item == item) {
      fields_.erase(at);
    }
  }
  // Of the field received last; INT64_MIN without any.
  Seconds Latest(std::uint64_t row) const {
    Seconds latest = INT64_MIN;
    for (auto at = std::ranges::lower_bound(fields_, row, {}, &Field::row);
         at != fields_.end() && at->row == row; ++at) {
      latest = std::max(latest, at->received);
    }
    return latest;
  }
  // Of heap.
  std::size_t bytes() const {
    return fields_.capacity() == 0 ? 0 : fields_.capacity() * sizeof(Field) + 16;
  }

 private:
  struct Field {
    std::uint64_t row;
    std::uint32_t item;
    Seconds received;
  };

  std::vector<Field>::iterator Find(std::uint64_t row, std::uint32_t item) {
    return std::ranges::lower_bound(fields_, std::pair(row, item), {}, [](const Field& field) {
      return std::pair(field.row, field.item);
    });
  }

  std::vector<Field> fields_;  // by row and item
};

}  // namespace vedette::rules
