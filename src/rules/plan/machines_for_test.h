// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "rules/plan/program.h"
#include "rules/plan/vector_machine.h"

// Runs programs over rows by every machine.
namespace vedette::rules {

// What an operand or a result is, said without the machines' encoding; nullopt is missing.
using Number = std::optional<double>;
using Integer = std::optional<std::int64_t>;
using Logical = std::optional<bool>;

inline const std::vector<Logical> kLogicals = {std::nullopt, false, true};

inline Slot SlotOf(Number value) {
  return {.number = value.value_or(std::numeric_limits<double>::quiet_NaN())};
}
inline Slot SlotOf(Integer value) { return {.integer = value.value_or(kMissing)}; }
inline Slot SlotOf(Logical value) {
  return {.integer = static_cast<std::int64_t>(!value   ? Truth::kUnknown
                                               : *value ? Truth::kTrue
                                                        : Truth::kFalse)};
}

// A program's features, column by column.
struct Rows {
  std::vector<std::vector<Slot>> columns;
  std::size_t size() const { return columns.front().size(); }
};

inline std::vector<Truth> RunScalar(const Program& program, const Rows& rows) {
  std::vector<Truth> truths;
  std::vector<Slot> frame(program.frame_size);
  PrepareFrame(program, frame.data());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t i = 0; i < rows.columns.size(); ++i) frame[i] = rows.columns[i][row];
    truths.push_back(RunProgram(program, frame.data()));
  }
  return truths;
}

inline std::vector<Truth> RunVector(const Program& program, const Rows& rows, VectorPath path) {
  std::vector<Truth> truths;
  for (std::size_t from = 0; from < rows.size(); from += kBatchRows) {
    const std::size_t count = std::min(kBatchRows, rows.size() - from);
    std::vector<SlotColumn> columns;
    for (const std::vector<Slot>& column : rows.columns) columns.push_back({column.data() + from});
    std::vector<std::uint64_t> is_true(kBatchRows / 64, ~std::uint64_t{0});
    std::vector<std::uint64_t> is_false(kBatchRows / 64, ~std::uint64_t{0});
    RunProgramColumns(program, columns, count, path, is_true.data(), is_false.data());
    for (std::size_t row = 0; row < count; ++row) {
      const bool t = is_true[row / 64] >> (row % 64) & 1;
      const bool f = is_false[row / 64] >> (row % 64) & 1;
      EXPECT_FALSE(t && f);
      truths.push_back(t ? Truth::kTrue : f ? Truth::kFalse : Truth::kUnknown);
    }
    if (count % 64 != 0) {
      EXPECT_EQ(is_true[count / 64] >> (count % 64), 0U);
      EXPECT_EQ(is_false[count / 64] >> (count % 64), 0U);
    }
  }
  return truths;
}

inline void ExpectEverywhere(const Program& program,
                             const Rows& rows,
                             const std::vector<Truth>& expected,
                             const std::string& name) {
  ASSERT_TRUE(VerifyProgram(program).has_value()) << name << ": " << VerifyProgram(program).error();
  EXPECT_EQ(RunScalar(program, rows), expected) << name;
  EXPECT_EQ(RunVector(program, rows, VectorPath::kPortable), expected) << name;
  if (HasVectorPath(VectorPath::kAvx2)) {
    EXPECT_EQ(RunVector(program, rows, VectorPath::kAvx2), expected) << name;
  }
}

inline Truth TruthOf(Logical value) { return static_cast<Truth>(SlotOf(value).integer); }

}  // namespace vedette::rules
