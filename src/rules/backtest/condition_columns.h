// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "rules/backtest/feature_columns.h"
#include "rules/backtest/row_bits.h"
#include "rules/plan/condition.h"

namespace vedette::rules {

// Judges one condition at the anchors of a range.
//
// Cheap features come first. Programs follow Kleene's logic: what is decided while a feature is
// unknown stays so whatever its value, so costly features are computed only for the rows that are
// still open.
class ConditionColumns {
 public:
  // What judges the rows whose features read a number known only as a bound, and computes features
  // that need the whole record.
  class Oracle : public FeatureColumns::RowSource {
   public:
    virtual Truth Judge(const Condition& condition, std::uint32_t subject, std::uint32_t row) = 0;
  };

  // Both outlive it.
  ConditionColumns(const Condition& condition, const AnchorContext& context, Oracle* oracle);

  // Judges the rows of `wanted` (bit i: row range.begin + i); the others are unknown.
  void Run(const RowRange& range, const RowBits& wanted);
  const RowBits& is_true() const { return is_true_; }
  const RowBits& is_false() const { return is_false_; }

 private:
  void RunStage(const std::vector<std::size_t>& features);
  void RunBatches();
  void AskOracle();

  const Condition& condition_;
  AnchorContext context_;
  Oracle* oracle_;
  FeatureColumns features_;
  std::vector<std::vector<std::size_t>> stages_;
  bool monotone_;
  RowRange range_;
  RowBits open_;
  RowBits is_true_;
  RowBits is_false_;
  std::vector<SlotColumn> batch_;
};

}  // namespace vedette::rules
