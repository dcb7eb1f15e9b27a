// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "rules/plan/program.h"

namespace vedette::rules {

// Rows that a program works on before it goes to the next ones: their values stay in the first
// cache. In words of 64 rows.
inline constexpr std::size_t kBlockWords = 4;
inline constexpr std::size_t kBlockRows = kBlockWords * 64;
// As many copies of a value for all rows as the widest path reads at once.
inline constexpr std::size_t kCopies = 4;

// Where the values of a register lie; `step` 1, or 0 for kCopies copies of a value for all rows.
struct Lane {
  const Slot* values = nullptr;
  std::size_t step = 1;
};

// Truths of a block: a row is true, false, or in neither unknown.
struct TruthBits {
  std::uint64_t is_true[kBlockWords];
  std::uint64_t is_false[kBlockWords];
};

// The registers of a program while it runs over one block, by their number. Only those of the
// register's kind are used.
struct BlockRegisters {
  Lane lanes[kMaxRegisters];
  Slot* written[kMaxRegisters] = {};  // the lanes of temporary values
  TruthBits truths[kMaxRegisters];
};

// Runs the program over the first `words` · 64 rows of a block; the result is in the register that
// it returns.
using BlockRunner = std::uint8_t (*)(const Program& program,
                                     BlockRegisters& registers,
                                     std::size_t words);

// Truths of slots as bits.
using TruthReader = void (*)(Lane lane, std::size_t words, TruthBits* bits);

struct VectorFunctions {
  BlockRunner run_block;
  TruthReader read_truths;
};

VectorFunctions PortableFunctions();
#if defined(__x86_64__)
VectorFunctions Avx2Functions();
#endif

}  // namespace vedette::rules
