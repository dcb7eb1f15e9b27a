// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "rules/plan/feature.h"

namespace vedette::rules {

// A column of a batch: either a value for every row, or one for all.
struct SlotColumn {
  const Slot* values = nullptr;
  bool constant = false;
};

inline constexpr std::size_t kBatchRows = 1024;

}  // namespace vedette::rules
