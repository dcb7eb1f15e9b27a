// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/backtest/columns.h"
#include "rules/backtest/row_bits.h"
#include "rules/plan/condition.h"
#include "rules/plan/feature.h"

namespace vedette::rules {

// What every anchor of a pass has in common.
struct AnchorContext {
  const History* history = nullptr;
  std::uint32_t item = 0;  // whose observations are the anchors
  Seconds settle = 0;
  Seconds now = 0;
};

// The anchors one pass works on: those of the subjects [first_subject, end_subject), which are the
// rows [begin, end) of the anchors' item. Small enough for the columns to stay in the cache.
struct RowRange {
  std::uint32_t first_subject = 0;
  std::uint32_t end_subject = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::size_t size() const { return end - begin; }
};

// What a feature costs, roughly; cheap ones decide most rows, so that the others need not be
// computed there.
enum class FeatureCost : std::uint8_t {
  kNothing,  // a column as it is, or one value for all
  kLookup,
  kWindow,
  kWalker,  // the tree walker or the live engine's code, row by row
};

// The features of one condition for the anchors of a range, each computed only for the rows asked
// for. Values are bit-equal with those of the live engine.
class FeatureColumns {
 public:
  // Computes features that need the subject's whole record.
  class RowSource {
   public:
    virtual ~RowSource() = default;
    // Sets `inexact` where the slot had to read a number that is only a bound.
    virtual Slot Compute(const Feature& feature,
                         std::uint32_t subject,
                         std::uint32_t row,
                         bool* inexact) = 0;
  };

  FeatureColumns(const AnchorContext& context,
                 std::span<const Feature> features,
                 RowSource* row_source);

  std::size_t size() const { return columns_.size(); }
  FeatureCost Cost(std::size_t feature) const { return columns_[feature].cost; }

  void Start(const RowRange& range);
  // Bit i of `wanted` is about row range.begin + i. What was computed before stays.
  void Compute(std::size_t feature, const RowBits& wanted);
  // The column for RunColumns from row range.begin + offset on; unknown for all rows while the
  // feature was not computed in this range.
  SlotColumn At(std::size_t feature, std::size_t offset) const;
  // Rows in which a feature that was computed read a number known only as a bound: its slot is
  // unknown there.
  const RowBits& bounded() const { return bounded_; }

 private:
  struct Column {
    Feature feature;
    FeatureCost cost = FeatureCost::kNothing;
    const Slot* direct = nullptr;  // of the whole item, where no copy is needed
    bool constant = false;
    Slot single{};   // of a constant
    Slot unknown{};  // of its kind
    bool computed = false;
    RowBits done;
    std::vector<Slot> values;
  };

  template <class Body>
  void ForEachSubject(const RowBits& wanted, Body body);
  template <class Get>
  void Fill(Column& column, const RowBits& wanted, Get get);
  void Bind(Column& column);
  void ComputeLookup(Column& column, const RowBits& wanted);
  void ComputeWindow(Column& column, const RowBits& wanted);
  void ComputeBaseline(Column& column, const RowBits& wanted);
  void ComputeAttribute(Column& column, const RowBits& wanted);
  void ComputeByRow(Column& column, const RowBits& wanted);

  AnchorContext context_;
  const ItemColumns* anchors_;
  RowSource* row_source_;
  RowRange range_;
  std::vector<Column> columns_;
  RowBits bounded_;
  RowBits todo_;
};

// The slot of a missing value.
Slot UnknownSlot(SlotKind kind);
// A number as columns keep it, as a slot of this kind: integers and times rounded to whole ones,
// booleans as truths.
Slot SlotOf(SlotKind kind, double number);

}  // namespace vedette::rules
