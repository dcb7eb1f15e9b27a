// SPDX-License-Identifier: Apache-2.0
#include "rules/plan/vector_machine.h"

#include <algorithm>
#include <array>
#include <vector>

#include "rules/plan/operations.h"
#include "rules/plan/vector_block.h"

namespace vedette::rules {
namespace {

VectorFunctions FunctionsOf(VectorPath path) {
#if defined(__x86_64__)
  if (path == VectorPath::kAvx2) return Avx2Functions();
#endif
  static_cast<void>(path);
  return PortableFunctions();
}

Slot MissingOf(RegisterKind kind) {
  switch (kind) {
    case RegisterKind::kNumber:
      return {.number = operations::kUnknownNumber};
    case RegisterKind::kTruth:
      return {.integer = operations::kUnknown};
    case RegisterKind::kInteger:
      break;
  }
  return {.integer = kMissing};
}

// The registers of one batch, moved over its blocks.
class Batch {
 public:
  Batch(const Program& program,
        std::span<const SlotColumn> columns,
        std::size_t rows,
        VectorFunctions functions)
      : program_(program), columns_(columns), rows_(rows), functions_(functions) {
    PlaceConstants();
    PlaceTemporaries();
  }

  void Run(std::uint64_t* is_true, std::uint64_t* is_false) {
    for (std::size_t row = 0; row < rows_; row += kBlockRows) {
      const std::size_t rows = std::min(kBlockRows, rows_ - row);
      const std::size_t words = (rows + 63) / 64;
      PlaceFeatures(row, rows, words);
      const std::uint8_t result = functions_.run_block(program_, registers_, words);
      const TruthBits& bits = registers_.truths[result];
      std::copy_n(bits.is_true, words, is_true + row / 64);
      std::copy_n(bits.is_false, words, is_false + row / 64);
    }
    if (rows_ % 64 != 0) {
      const std::uint64_t rest = (std::uint64_t{1} << (rows_ % 64)) - 1;
      is_true[rows_ / 64] &= rest;
      is_false[rows_ / 64] &= rest;
    }
  }

 private:
  // So many columns of temporary values lie on the stack; rules that need more are rare.
  static constexpr std::size_t kColumnsAtHand = 12;
  using Copies = std::array<Slot, kCopies>;

  void PlaceCopies(std::uint32_t number, Slot value) {
    copies_[number].fill(value);
    registers_.lanes[number] = {copies_[number].data(), 0};
    if (program_.kinds[number] == RegisterKind::kTruth) {
      functions_.read_truths(registers_.lanes[number], kBlockWords, &registers_.truths[number]);
    }
  }

  void PlaceConstants() {
    for (const auto& [number, value] : program_.constants) PlaceCopies(number, value);
    for (std::uint32_t i = 0; i < program_.features; ++i) {
      if (columns_[i].constant) PlaceCopies(i, columns_[i].values[0]);
    }
  }

  void PlaceTemporaries() {
    std::array<bool, kMaxRegisters> placed{};
    for (const auto& [number, value] : program_.constants) placed[number] = true;
    std::size_t columns = 0;
    for (std::uint32_t i = program_.features; i < program_.frame_size; ++i) {
      if (!placed[i] && program_.kinds[i] != RegisterKind::kTruth) ++columns;
    }
    Slot* next = at_hand_;
    if (columns > kColumnsAtHand) {
      more_.resize(columns * kBlockRows);
      next = more_.data();
    }
    for (std::uint32_t i = program_.features; i < program_.frame_size; ++i) {
      if (placed[i] || program_.kinds[i] == RegisterKind::kTruth) continue;
      registers_.written[i] = next;
      registers_.lanes[i] = {next, 1};
      next += kBlockRows;
    }
  }

  void PlaceFeatures(std::size_t row, std::size_t rows, std::size_t words) {
    const bool partial = rows % 64 != 0;
    if (partial && padded_.empty()) padded_.resize(program_.features * kBlockRows);
    for (std::uint32_t i = 0; i < program_.features; ++i) {
      if (columns_[i].constant) continue;
      const Slot* values = columns_[i].values + row;
      if (partial) values = Padded(i, values, rows, words);
      registers_.lanes[i] = {values, 1};
      if (program_.kinds[i] == RegisterKind::kTruth) {
        functions_.read_truths(registers_.lanes[i], words, &registers_.truths[i]);
      }
    }
  }

  // A column's last rows, made up to whole words: its end may be the end of its memory.
  const Slot* Padded(std::uint32_t feature,
                     const Slot* values,
                     std::size_t rows,
                     std::size_t words) {
    Slot* const padded = padded_.data() + feature * kBlockRows;
    std::copy_n(values, rows, padded);
    std::fill(padded + rows, padded + words * 64, MissingOf(program_.kinds[feature]));
    return padded;
  }

  const Program& program_;
  std::span<const SlotColumn> columns_;
  std::size_t rows_;
  VectorFunctions functions_;
  BlockRegisters registers_;
  Copies copies_[kMaxRegisters];
  Slot at_hand_[kColumnsAtHand * kBlockRows];
  std::vector<Slot> more_;
  std::vector<Slot> padded_;
};

}  // namespace

bool HasVectorPath(VectorPath path) {
  switch (path) {
    case VectorPath::kPortable:
      return true;
    case VectorPath::kAvx2:
#if defined(__x86_64__)
      return __builtin_cpu_supports("avx2") != 0;
#else
      return false;
#endif
  }
  return false;
}

VectorPath BestVectorPath() {
  return HasVectorPath(VectorPath::kAvx2) ? VectorPath::kAvx2 : VectorPath::kPortable;
}

void RunProgramColumns(const Program& program,
                       std::span<const SlotColumn> columns,
                       std::size_t rows,
                       VectorPath path,
                       std::uint64_t* is_true,
                       std::uint64_t* is_false) {
  Batch(program, columns, rows, FunctionsOf(path)).Run(is_true, is_false);
}

}  // namespace vedette::rules
