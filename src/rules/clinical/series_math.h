// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "rules/clinical/observation.h"

namespace vedette::rules {

// The arithmetic of windows, one order of operations for every machine. Values are added from the
// newest to the oldest.

inline constexpr double kUnknownNumber = std::numeric_limits<double>::quiet_NaN();

// Ordinary least squares over x = (time - as_of) in days.
class SlopeSum {
 public:
  explicit SlopeSum(Seconds as_of) : as_of_(as_of) {}
  void Add(Seconds time, double value) {
    const double x = static_cast<double>(time - as_of_) / static_cast<double>(kDay);
    if (count_ == 0) {
      newest_ = time;
    }
    oldest_ = time;
    ++count_;
    x_ += x;
    y_ += value;
    xx_ += x * x;
    xy_ += x * value;
  }
  // Per day; NaN for fewer than two values or equal times.
  double Result() const {
    const auto n = static_cast<double>(count_);
    const double spread = n * xx_ - x_ * x_;
    if (count_ < 2 || newest_ == oldest_ || !(spread > 0)) {
      return kUnknownNumber;
    }
    return (n * xy_ - x_ * y_) / spread;
  }

 private:
  Seconds as_of_;
  Seconds newest_ = 0;
  Seconds oldest_ = 0;
  std::int64_t count_ = 0;
  double x_ = 0;
  double y_ = 0;
  double xx_ = 0;
  double xy_ = 0;
};

// value / limit; NaN without a limit above 0.
inline double RatioToLimit(double value, double limit) {
  return limit > 0 ? value / limit : kUnknownNumber;
}

// Planned entries missed at `now` of a series that expects one every `every` seconds, the last one
// at `last`: how many k >= 1 have last + k * every < now.
inline std::int64_t MissedEntries(Seconds last, Seconds every, Seconds now) {
  return now > last ? (now - last - 1) / every : 0;
}

}  // namespace vedette::rules
