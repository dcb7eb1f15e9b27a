// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "rules/backtest/feature_columns.h"

// How columns of features are filled; for the sources of FeatureColumns only.
namespace vedette::rules {

inline Slot NumberSlot(double number) { return {.number = number}; }
inline Slot IntegerSlot(std::int64_t integer) { return {.integer = integer}; }

// Calls body(subject, first row, end row) where any anchor of the subject is wanted.
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

// Sets the column to get(SeenRows) at the anchors wanted.
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

}  // namespace vedette::rules
