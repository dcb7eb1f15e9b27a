// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "rules/plan/program.h"
#include "rules/plan/slot_column.h"

namespace vedette::rules {

// How columns are worked on. Every path gives the same bits.
enum class VectorPath : std::uint8_t {
  kPortable,
  kAvx2,  // x86-64 from Haswell and Zen on
};

bool HasVectorPath(VectorPath path);
// The fastest that this processor has.
VectorPath BestVectorPath();

// Runs a verified program without jumps over `rows` rows: bit i of `is_true` and `is_false` tells
// of row i, neither means unknown, and the rest of the last word is zero. One column per feature;
// the processor must have the path.
void RunProgramColumns(const Program& program,
                       std::span<const SlotColumn> columns,
                       std::size_t rows,
                       VectorPath path,
                       std::uint64_t* is_true,
                       std::uint64_t* is_false);

}  // namespace vedette::rules
