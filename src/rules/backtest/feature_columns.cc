// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/feature_columns.h"

#include <algorithm>
#include <cmath>

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

Slot NumberSlot(double number) { return {.number = number}; }
Slot IntegerSlot(std::int64_t integer) { return {.integer = integer}; }

bool AnyFlag(const ItemColumns& item, std::uint32_t from, std::uint32_t end) {
  return std::any_of(item.flags.begin() + from, item.flags.begin() + end,
                     [](std::uint8_t flags) { return flags != 0; });
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

template <class Body>
void FeatureColumns::ForEachSubject(const RowBits& wanted, Body body) {
  for (std::uint32_t subject = range_.first_subject; subject < range_.end_subject; ++subject) {
    const std::uint32_t begin = anchors_->offsets[subject];
    const std::uint32_t end = anchors_->offsets[subject + 1];
    if (wanted.AnyIn(begin - range_.begin, end - range_.begin)) {
      body(subject, begin, end);
    }
  }
}

// What an anchor sees of the feature's item.
struct SeenRows {
  std::uint32_t begin;    // the subject's first row
  std::uint32_t current;  // one past the current observation: begin when there is none
  std::uint32_t from;     // the first row of the window
  std::uint32_t seen;     // one past the last row up to as_of
  Seconds as_of;
  std::size_t anchor;  // within the range
};

template <class Get>
void FeatureColumns::Fill(Column& column, const RowBits& wanted, Get get) {
  const ItemColumns& item = context_.history->Item(column.feature.item);
  const bool own = column.feature.item == context_.item;
  const bool own_alone = own && context_.settle == 0;
  ForEachSubject(wanted, [&](std::uint32_t subject, std::uint32_t begin, std::uint32_t end) {
    const std::uint32_t first = item.offsets[subject];
    const std::uint32_t last = item.offsets[subject + 1];
    std::uint32_t seen = first;
    std::uint32_t from = first;
    std::size_t anchor = begin - range_.begin;
    const std::size_t anchors_end = end - range_.begin;
    for (anchor = wanted.Next(anchor, anchors_end); anchor < anchors_end;
         anchor = wanted.Next(anchor + 1, anchors_end)) {
      const auto row = static_cast<std::uint32_t>(range_.begin + anchor);
      const Seconds as_of = anchors_->time[row] + context_.settle;
      if (own_alone) {
        seen = row + 1;
      } else {
        while (seen < last && item.time[seen] <= as_of) {
          ++seen;
        }
      }
      while (from < seen && item.time[from] < as_of - column.feature.window) {
        ++from;
      }
      column.values[anchor] = get(SeenRows{first, own ? row + 1 : seen, from, seen, as_of, anchor});
    }
  });
}

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
  if (dose_item == nullptr) {
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
