// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "rules/backtest/columns.h"
#include "rules/clinical/series_math.h"
#include "rules/plan/feature.h"

namespace vedette::rules {

// The columns of one item as a feature reads them, numbers in the rule's unit. Positions are rows
// of the item; "seen" is one past the last row that the anchor sees, "begin" the first row of the
// subject. Sums run from newest to oldest, as everywhere, for equal bits.
class SeriesSlice {
 public:
  SeriesSlice(const ItemColumns& columns, const Feature& feature)
      : time_(columns.time.data()),
        value_(columns.value.data()),
        upper_(columns.upper_limit.empty() ? nullptr : columns.upper_limit.data()),
        lower_(columns.lower_limit.empty() ? nullptr : columns.lower_limit.data()),
        factor_(feature.factor),
        offset_(feature.offset),
        plain_(feature.factor == 1 && feature.offset == 0) {}

  Seconds Time(std::uint32_t row) const { return time_[row]; }
  double Value(std::uint32_t row) const { return Convert(value_[row]); }
  double Upper(std::uint32_t row) const {
    return upper_ == nullptr ? kUnknownNumber : Convert(upper_[row]);
  }
  double Lower(std::uint32_t row) const {
    return lower_ == nullptr ? kUnknownNumber : Convert(lower_[row]);
  }
  // Of the numbers as they are kept: a ratio has no unit.
  double RatioUpper(std::uint32_t row) const {
    return upper_ == nullptr ? kUnknownNumber : RatioToLimit(value_[row], upper_[row]);
  }

  // Over the rows [from, seen); NaN of none.
  double Minimum(std::uint32_t from, std::uint32_t seen) const {
    double least = kUnknownNumber;
    while (seen-- > from) {
      least = Value(seen) >= least ? least : Value(seen);
    }
    return least;
  }
  double Maximum(std::uint32_t from, std::uint32_t seen) const {
    double most = kUnknownNumber;
    while (seen-- > from) {
      most = Value(seen) <= most ? most : Value(seen);
    }
    return most;
  }
  // Over those that have an upper limit above 0.
  double MinimumRatioUpper(std::uint32_t from, std::uint32_t seen) const {
    double least = kUnknownNumber;
    while (seen-- > from) {
      const double ratio = RatioUpper(seen);
      if (!std::isnan(ratio) && !(ratio >= least)) {
        least = ratio;
      }
    }
    return least;
  }
  double MaximumRatioUpper(std::uint32_t from, std::uint32_t seen) const {
    double most = kUnknownNumber;
    while (seen-- > from) {
      const double ratio = RatioUpper(seen);
      if (!std::isnan(ratio) && !(ratio <= most)) {
        most = ratio;
      }
    }
    return most;
  }
  double Mean(std::uint32_t from, std::uint32_t seen) const {
    const auto count = static_cast<double>(seen - from);
    if (from == seen) {
      return kUnknownNumber;
    }
    double sum = 0;
    while (seen-- > from) {
      sum += Value(seen);
    }
    return sum / count;
  }
  // Of the sample, in two passes.
  double StandardDeviation(std::uint32_t from, std::uint32_t seen) const {
    const auto count = static_cast<double>(seen - from);
    if (count < 2) {
      return kUnknownNumber;
    }
    const double mean = Mean(from, seen);
    double squares = 0;
    while (seen-- > from) {
      const double difference = Value(seen) - mean;
      squares += difference * difference;
    }
    return std::sqrt(squares / (count - 1));
  }
  // Ordinary least squares over the days before `as_of`.
  double SlopePerDay(std::uint32_t from, std::uint32_t seen, Seconds as_of) const {
    SlopeSum sum(as_of);
    while (seen-- > from) {
      sum.Add(Time(seen), Value(seen));
    }
    return sum.Result();
  }

 private:
  double Convert(double number) const { return plain_ ? number : number * factor_ + offset_; }

  const Seconds* time_;
  const double* value_;
  const double* upper_;
  const double* lower_;
  double factor_;
  double offset_;
  bool plain_;
};

}  // namespace vedette::rules
