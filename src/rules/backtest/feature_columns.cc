// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/feature_columns.h"

#include <algorithm>
#include <cmath>

#include "rules/backtest/feature_fill.h"
#include "rules/backtest/series_slice.h"

namespace vedette::rules {
namespace {

static_assert(sizeof(Slot) == sizeof(double) && sizeof(Slot) == sizeof(Seconds));

FeatureCost CostOf(FeatureKind kind) {
  switch (kind) {
    case FeatureKind::kAnchorTime:
    case FeatureKind::kNow:
      return FeatureCost::kNothing;
    case FeatureKind::kValue:
    case FeatureKind::kTime:
    case FeatureKind::kUpperLimit:
    case FeatureKind::kLowerLimit:
    case FeatureKind::kRatioUpper:
    case FeatureKind::kPrevious:
    case FeatureKind::kBaseline:
    case FeatureKind::kBaselineUpperLimit:
    case FeatureKind::kAsOf:
    case FeatureKind::kAttribute:
      return FeatureCost::kLookup;
    case FeatureKind::kCount:
    case FeatureKind::kMinimum:
    case FeatureKind::kMaximum:
    case FeatureKind::kMean:
    case FeatureKind::kStandardDeviation:
    case FeatureKind::kSlopePerDay:
    case FeatureKind::kMaximumRatioUpper:
    case FeatureKind::kMinimumRatioUpper:
      return FeatureCost::kWindow;
    default:
      return FeatureCost::kWalker;
  }
}

}  // namespace

Slot UnknownSlot(SlotKind kind) {
  switch (kind) {
    case SlotKind::kNumber:
      return NumberSlot(kUnknownNumber);
    case SlotKind::kTruth:
      return IntegerSlot(static_cast<std::int64_t>(Truth::kUnknown));
    default:
      return IntegerSlot(kMissing);
  }
}

Slot SlotOf(SlotKind kind, double number) {
  if (kind == SlotKind::kNumber) {
    return NumberSlot(number);
  }
  // Beyond this a double is no whole number of 64 bits.
  constexpr double kLimit = 9.2e18;
  if (std::isnan(number) || std::abs(number) > kLimit) {
    return UnknownSlot(kind);
  }
  if (kind == SlotKind::kTruth) {
    return IntegerSlot(static_cast<std::int64_t>(number != 0 ? Truth::kTrue : Truth::kFalse));
  }
  return IntegerSlot(std::llround(number));
}

FeatureColumns::FeatureColumns(const AnchorContext& context,
                               std::span<const Feature> features,
                               RowSource* row_source)
    : context_(context),
      anchors_(&context.history->Item(context.item)),
      row_source_(row_source),
      columns_(features.size()) {
  for (std::size_t i = 0; i < features.size(); ++i) {
    columns_[i].feature = features[i];
    columns_[i].cost = CostOf(features[i].kind);
    columns_[i].unknown = UnknownSlot(features[i].slot);
    Bind(columns_[i]);
  }
}

// Takes the anchors' own columns as they are where a slot means the same as a cell.
void FeatureColumns::Bind(Column& column) {
  const Feature& feature = column.feature;
  const bool own = feature.item == context_.item;
  const bool plain =
      feature.factor == 1 && feature.offset == 0 && feature.slot == SlotKind::kNumber;
  const auto take = [&](const auto& cells) {
    if (cells.empty() && anchors_->size() != 0) {
      column.constant = true;
      column.single = column.unknown;
    } else {
      // A slot has the size and the representation of the one member that is read.
      column.direct = reinterpret_cast<const Slot*>(cells.data());
    }
    column.cost = FeatureCost::kNothing;
  };
  if (feature.kind == FeatureKind::kNow) {
    column.constant = true;
    column.single = IntegerSlot(context_.now);
  } else if (feature.kind == FeatureKind::kAnchorTime ||
             (own && feature.kind == FeatureKind::kTime)) {
    take(anchors_->time);
  } else if (own && plain && feature.kind == FeatureKind::kValue && anchors_->flags.empty()) {
    take(anchors_->value);
  } else if (own && plain && feature.kind == FeatureKind::kUpperLimit) {
    take(anchors_->upper_limit);
  } else if (own && plain && feature.kind == FeatureKind::kLowerLimit) {
    take(anchors_->lower_limit);
  }
}

void FeatureColumns::Start(const RowRange& range) {
  range_ = range;
  bounded_.Reset(range.size(), false);
  for (Column& column : columns_) {
    column.computed = false;
  }
}

SlotColumn FeatureColumns::At(std::size_t feature, std::size_t offset) const {
  const Column& column = columns_[feature];
  if (column.direct != nullptr) {
    return {column.direct + range_.begin + offset, false};
  }
  if (column.constant) {
    return {&column.single, true};
  }
  return column.computed ? SlotColumn{column.values.data() + offset, false}
                         : SlotColumn{&column.unknown, true};
}

void FeatureColumns::Compute(std::size_t feature, const RowBits& wanted) {
  Column& column = columns_[feature];
  if (column.direct != nullptr || column.constant) {
    return;
  }
  if (!column.computed) {
    column.computed = true;
    column.done.Reset(range_.size(), false);
    column.values.resize(std::max(column.values.size(), range_.size()));
    std::fill_n(column.values.begin(), range_.size(), column.unknown);
  }
  todo_ = wanted;
  for (std::size_t word = 0; word < todo_.words(); ++word) {
    todo_.SetWord(word, wanted.Word(word) & ~column.done.Word(word));
    column.done.SetWord(word, column.done.Word(word) | wanted.Word(word));
  }
  switch (column.feature.kind) {
    case FeatureKind::kBaseline:
    case FeatureKind::kBaselineUpperLimit:
      return ComputeBaseline(column, todo_);
    case FeatureKind::kAttribute:
      return ComputeAttribute(column, todo_);
    default:
      break;
  }
  switch (column.cost) {
    case FeatureCost::kNothing:
      return;
    case FeatureCost::kLookup:
      return ComputeLookup(column, todo_);
    case FeatureCost::kWindow:
      return ComputeWindow(column, todo_);
    case FeatureCost::kWalker:
      return ComputeByRow(column, todo_);
  }
}

void FeatureColumns::ComputeAttribute(Column& column, const RowBits& wanted) {
  const ItemColumns& item = context_.history->Item(column.feature.item);
  const SeriesSlice slice(item, column.feature);
  ForEachSubject(wanted, [&](std::uint32_t subject, std::uint32_t begin, std::uint32_t end) {
    const std::uint32_t last = item.offsets[subject + 1];
    const bool none = last == item.offsets[subject];
    const bool bound = !none && !item.flags.empty() &&
                       (item.flags[last - 1] & (Observation::kBelow | Observation::kAbove)) != 0;
    const Slot value =
        none || bound ? column.unknown : SlotOf(column.feature.slot, slice.Value(last - 1));
    const std::size_t anchors_end = end - range_.begin;
    for (std::size_t anchor = wanted.Next(begin - range_.begin, anchors_end); anchor < anchors_end;
         anchor = wanted.Next(anchor + 1, anchors_end)) {
      column.values[anchor] = value;
      if (bound) {
        bounded_.Set(anchor, true);
      }
    }
  });
}

void FeatureColumns::ComputeByRow(Column& column, const RowBits& wanted) {
  ForEachSubject(wanted, [&](std::uint32_t subject, std::uint32_t begin, std::uint32_t end) {
    const std::size_t anchors_end = end - range_.begin;
    for (std::size_t anchor = wanted.Next(begin - range_.begin, anchors_end); anchor < anchors_end;
         anchor = wanted.Next(anchor + 1, anchors_end)) {
      bool inexact = false;
      const Slot slot = row_source_->Compute(
          column.feature, subject, static_cast<std::uint32_t>(range_.begin + anchor), &inexact);
      column.values[anchor] = inexact ? column.unknown : slot;
      if (inexact) {
        bounded_.Set(anchor, true);
      }
    }
  });
}

}  // namespace vedette::rules
