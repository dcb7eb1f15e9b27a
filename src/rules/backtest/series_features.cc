// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "rules/backtest/feature_columns.h"
#include "rules/backtest/feature_fill.h"
#include "rules/backtest/series_slice.h"

namespace vedette::rules {
namespace {

bool AnyFlag(const ItemColumns& item, std::uint32_t from, std::uint32_t end) {
  return std::any_of(item.flags.begin() + from, item.flags.begin() + end,
                     [](std::uint8_t flags) { return flags != 0; });
}

}  // namespace

void FeatureColumns::ComputeLookup(Column& column, const RowBits& wanted) {
  const Feature& feature = column.feature;
  const ItemColumns& item = context_.history->Item(feature.item);
  const SeriesSlice slice(item, feature);
  const SlotKind kind = feature.slot;
  const bool may_be_bounds = !item.flags.empty();
  // The slot of one row's number, or unknown with a mark where it is only a bound.
  const auto number = [&](std::uint32_t row, std::size_t anchor, double value) {
    if (may_be_bounds && item.flags[row] != 0) {
      bounded_.Set(anchor, true);
      return column.unknown;
    }
    return SlotOf(kind, value);
  };
  switch (feature.kind) {
    case FeatureKind::kValue:
      return Fill(column, wanted, [&](const SeenRows& at) {
        return at.current == at.begin
                   ? column.unknown
                   : number(at.current - 1, at.anchor, slice.Value(at.current - 1));
      });
    case FeatureKind::kTime:
      return Fill(column, wanted, [&](const SeenRows& at) {
        return at.current == at.begin ? column.unknown : IntegerSlot(slice.Time(at.current - 1));
      });
    case FeatureKind::kUpperLimit:
      return Fill(column, wanted, [&](const SeenRows& at) {
        return at.current == at.begin ? column.unknown : SlotOf(kind, slice.Upper(at.current - 1));
      });
    case FeatureKind::kLowerLimit:
      return Fill(column, wanted, [&](const SeenRows& at) {
        return at.current == at.begin ? column.unknown : SlotOf(kind, slice.Lower(at.current - 1));
      });
    case FeatureKind::kRatioUpper:
      return Fill(column, wanted, [&](const SeenRows& at) {
        return at.current == at.begin
                   ? column.unknown
                   : number(at.current - 1, at.anchor, slice.RatioUpper(at.current - 1));
      });
    case FeatureKind::kPrevious:
      return Fill(column, wanted, [&](const SeenRows& at) {
        if (at.current - at.begin <= feature.count) {
          return column.unknown;
        }
        const std::uint32_t row = at.current - 1 - feature.count;
        return number(row, at.anchor, slice.Value(row));
      });
    case FeatureKind::kAsOf:
      return Fill(column, wanted, [&](const SeenRows& at) {
        return at.seen == at.from ? column.unknown
                                  : number(at.seen - 1, at.anchor, slice.Value(at.seen - 1));
      });
    default:
      return;
  }
}

void FeatureColumns::ComputeWindow(Column& column, const RowBits& wanted) {
  const Feature& feature = column.feature;
  const ItemColumns& item = context_.history->Item(feature.item);
  const SeriesSlice slice(item, feature);
  const bool may_be_bounds = !item.flags.empty();
  const auto fill = [&](auto aggregate) {
    Fill(column, wanted, [&](const SeenRows& at) {
      if (may_be_bounds && AnyFlag(item, at.from, at.seen)) {
        bounded_.Set(at.anchor, true);
        return column.unknown;
      }
      return NumberSlot(aggregate(at.from, at.seen, at.as_of));
    });
  };
  switch (feature.kind) {
    case FeatureKind::kCount:
      return Fill(column, wanted, [&](const SeenRows& at) {
        return SlotOf(feature.slot, static_cast<double>(at.seen - at.from));
      });
    case FeatureKind::kMinimum:
      return fill([&](std::uint32_t from, std::uint32_t seen, Seconds) {
        return slice.Minimum(from, seen);
      });
    case FeatureKind::kMaximum:
      return fill([&](std::uint32_t from, std::uint32_t seen, Seconds) {
        return slice.Maximum(from, seen);
      });
    case FeatureKind::kMinimumRatioUpper:
      return fill([&](std::uint32_t from, std::uint32_t seen, Seconds) {
        return slice.MinimumRatioUpper(from, seen);
      });
    case FeatureKind::kMaximumRatioUpper:
      return fill([&](std::uint32_t from, std::uint32_t seen, Seconds) {
        return slice.MaximumRatioUpper(from, seen);
      });
    case FeatureKind::kMean:
      return fill(
          [&](std::uint32_t from, std::uint32_t seen, Seconds) { return slice.Mean(from, seen); });
    case FeatureKind::kStandardDeviation:
      return fill([&](std::uint32_t from, std::uint32_t seen, Seconds) {
        return slice.StandardDeviation(from, seen);
      });
    case FeatureKind::kSlopePerDay:
      return fill([&](std::uint32_t from, std::uint32_t seen, Seconds as_of) {
        return slice.SlopePerDay(from, seen, as_of);
      });
    default:
      return;
  }
}

void FeatureColumns::ComputeBaseline(Column& column, const RowBits& wanted) {
  const Catalog& catalog = context_.history->catalog();
  const CatalogItem* dose_item = catalog.FindAttribute(catalog.first_dose);
  if (dose_item == nullptr || dose_item->kind != ValueKind::kTime) {
    return;
  }
  const Feature& feature = column.feature;
  const ItemColumns& doses = context_.history->Item(catalog.IndexOf(*dose_item));
  const ItemColumns& item = context_.history->Item(feature.item);
  const SeriesSlice slice(item, feature);
  const bool limit = feature.kind == FeatureKind::kBaselineUpperLimit;
  ForEachSubject(wanted, [&](std::uint32_t subject, std::uint32_t begin, std::uint32_t end) {
    const std::uint32_t dose_end = doses.offsets[subject + 1];
    const Slot dose = dose_end == doses.offsets[subject]
                          ? UnknownSlot(SlotKind::kTime)
                          : SlotOf(SlotKind::kTime, doses.value[dose_end - 1]);
    if (dose.integer == kMissing) {
      return;
    }
    const auto first = item.time.begin() + item.offsets[subject];
    const auto last = item.time.begin() + item.offsets[subject + 1];
    const auto after = std::upper_bound(first, last, dose.integer);
    if (after == first) {
      return;
    }
    const auto row = static_cast<std::uint32_t>(after - item.time.begin() - 1);
    const bool bound = !limit && !item.flags.empty() && item.flags[row] != 0;
    const Slot baseline =
        bound ? column.unknown : SlotOf(feature.slot, limit ? slice.Upper(row) : slice.Value(row));
    const auto later = std::upper_bound(anchors_->time.begin() + begin,
                                        anchors_->time.begin() + end, dose.integer);
    const std::size_t anchors_end = end - range_.begin;
    std::size_t anchor = static_cast<std::size_t>(later - anchors_->time.begin()) - range_.begin;
    for (anchor = wanted.Next(anchor, anchors_end); anchor < anchors_end;
         anchor = wanted.Next(anchor + 1, anchors_end)) {
      column.values[anchor] = baseline;
      if (bound) {
        bounded_.Set(anchor, true);
      }
    }
  });
}

}  // namespace vedette::rules
