// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include "rules/check/checker.h"
#include "rules/plan/feature.h"
#include "rules/plan/program.h"
#include "rules/plan/slot_column.h"

namespace vedette::rules {

// A condition compiled: features to compute, then a program over them. Immutable; thread-safe. The
// features of a frame come first, in order; programs never read further than frame_size().
class Condition {
 public:
  // The condition must have passed Check as a boolean over the same catalog, which tells the
  // units, visits and KRIs that features name; it need not outlive the call. Fails only where it
  // needs more than kMaxRegisters live values ("rule_too_large").
  static std::expected<Condition, Diagnostics> Compile(CheckedExpression checked,
                                                       const Catalog& catalog);

  const CheckedExpression& checked() const { return checked_; }
  const Expr& expr() const { return *checked_.ast->root; }
  std::span<const Feature> features() const { return features_; }

  std::size_t frame_size() const { return scalar_.frame_size; }
  // Writes the constants; the features' slots are left alone.
  void Prepare(Slot* frame) const;
  // With the features filled in. Leaves the constants as they are.
  Truth Run(Slot* frame) const { return RunProgram(scalar_, frame); }

  // The same verdicts for `rows` rows at once: bit i of `is_true` and `is_false` tells of row i;
  // neither means unknown; the rest of the last word is zero. One column per feature. `rows` ≤
  // kBatchRows.
  void RunColumns(std::span<const SlotColumn> columns,
                  std::size_t rows,
                  std::uint64_t* is_true,
                  std::uint64_t* is_false) const;

  const Program& scalar() const { return scalar_; }
  const Program& vector() const { return vector_; }

 private:
  CheckedExpression checked_;
  std::vector<Feature> features_;
  Program scalar_;  // with branches
  Program vector_;  // without
};
}  // namespace vedette::rules
