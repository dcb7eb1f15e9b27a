// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "rules/plan/feature.h"

// What each instruction computes, for every machine and for constants at compile time. NaN and
// kMissing are unknown and give unknown; so do division by zero, overflow of integers, and times
// and durations outside CEL's range. An integer result of INT64_MIN cannot be told from unknown.
namespace vedette::rules::operations {

inline constexpr double kUnknownNumber = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::int64_t kFalse = static_cast<std::int64_t>(Truth::kFalse);
inline constexpr std::int64_t kUnknown = static_cast<std::int64_t>(Truth::kUnknown);
inline constexpr std::int64_t kTrue = static_cast<std::int64_t>(Truth::kTrue);

// CEL: years 1 to 9999, and ten thousand years either way. In seconds.
inline constexpr std::int64_t kEarliestTime = -62'135'596'800;
inline constexpr std::int64_t kLatestTime = 253'402'300'799;
inline constexpr std::int64_t kLongestDuration = 315'576'000'000;
// Of two times: as many seconds as 64 bits of nanoseconds hold.
inline constexpr std::int64_t kFarthestTimes = 9'223'372'036;

inline std::int64_t ToTruth(bool holds, bool known) { return known ? (holds ? kTrue : kFalse) : 1; }

// --- numbers

inline bool Known(double x) { return x == x; }
inline bool Known(double x, double y) { return (x == x) & (y == y); }

inline double Add(double x, double y) { return x + y; }
inline double Subtract(double x, double y) { return x - y; }
inline double Multiply(double x, double y) { return x * y; }
inline double Divide(double x, double y) { return y == 0 ? kUnknownNumber : x / y; }
inline double Negate(double x) { return -x; }

// Without branches: a comparison with NaN is false.
inline std::int64_t Equal(double x, double y) {
  return 2 * static_cast<std::int64_t>(x == y) + static_cast<std::int64_t>(!Known(x, y));
}
inline std::int64_t NotEqual(double x, double y) { return kTrue - Equal(x, y); }
inline std::int64_t Less(double x, double y) {
  return 2 * static_cast<std::int64_t>(x < y) + static_cast<std::int64_t>(!Known(x, y));
}
inline std::int64_t LessEqual(double x, double y) {
  return 2 * static_cast<std::int64_t>(x <= y) + static_cast<std::int64_t>(!Known(x, y));
}

// --- integers, times and durations

inline bool Known(std::int64_t x) { return x != kMissing; }
inline bool Known(std::int64_t x, std::int64_t y) { return (x != kMissing) & (y != kMissing); }

inline std::int64_t Add(std::int64_t x, std::int64_t y) {
  std::int64_t result = 0;
  return !Known(x, y) || __builtin_add_overflow(x, y, &result) ? kMissing : result;
}
inline std::int64_t Subtract(std::int64_t x, std::int64_t y) {
  std::int64_t result = 0;
  return !Known(x, y) || __builtin_sub_overflow(x, y, &result) ? kMissing : result;
}
inline std::int64_t Multiply(std::int64_t x, std::int64_t y) {
  std::int64_t result = 0;
  return !Known(x, y) || __builtin_mul_overflow(x, y, &result) ? kMissing : result;
}
inline std::int64_t Divide(std::int64_t x, std::int64_t y) {
  return !Known(x, y) || y == 0 ? kMissing : x / y;
}
inline std::int64_t Remainder(std::int64_t x, std::int64_t y) {
  return !Known(x, y) || y == 0 ? kMissing : x % y;
}
// kMissing is its own negative.
inline std::int64_t Negate(std::int64_t x) {
  return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(x));
}

inline std::int64_t WithinTime(std::int64_t x) {
  return x < kEarliestTime || x > kLatestTime ? kMissing : x;
}
inline std::int64_t WithinDuration(std::int64_t x) {
  return x < -kLongestDuration || x > kLongestDuration ? kMissing : x;
}

inline std::int64_t TimeDifference(std::int64_t x, std::int64_t y) {
  const std::int64_t difference = Subtract(x, y);
  return difference < -kFarthestTimes || difference > kFarthestTimes ? kMissing : difference;
}

// --- conversions

inline double ToNumber(std::int64_t x) {
  return Known(x) ? static_cast<double>(x) : kUnknownNumber;
}
// Towards zero; unknown outside (-2^63, 2^63).
inline std::int64_t ToInteger(double x) {
  constexpr double kLimit = 0x1p63;
  return x > -kLimit && x < kLimit ? static_cast<std::int64_t>(x) : kMissing;
}

// --- integers compared

inline std::int64_t Equal(std::int64_t x, std::int64_t y) { return ToTruth(x == y, Known(x, y)); }
inline std::int64_t NotEqual(std::int64_t x, std::int64_t y) {
  return ToTruth(x != y, Known(x, y));
}
inline std::int64_t Less(std::int64_t x, std::int64_t y) { return ToTruth(x < y, Known(x, y)); }
inline std::int64_t LessEqual(std::int64_t x, std::int64_t y) {
  return ToTruth(x <= y, Known(x, y));
}

// --- truths

inline std::int64_t And(std::int64_t x, std::int64_t y) { return x < y ? x : y; }
inline std::int64_t Or(std::int64_t x, std::int64_t y) { return x > y ? x : y; }
inline std::int64_t Not(std::int64_t x) {
  return static_cast<std::int64_t>(2 - static_cast<std::uint64_t>(x));
}
inline std::int64_t EqualTruth(std::int64_t x, std::int64_t y) {
  return ToTruth(x == y, x != kUnknown && y != kUnknown);
}

// --- choice: `x` where the condition is true, `y` where it is false

inline double Select(std::int64_t condition, double x, double y) {
  return condition == kTrue ? x : condition == kFalse ? y : kUnknownNumber;
}
inline std::int64_t Select(std::int64_t condition,
                           std::int64_t x,
                           std::int64_t y,
                           std::int64_t otherwise) {
  return condition == kTrue ? x : condition == kFalse ? y : otherwise;
}

// Truths known to be true, counted on from `count`.
inline std::int64_t CountTrue(std::int64_t count, std::int64_t truth) {
  return Add(count, static_cast<std::int64_t>(truth == kTrue));
}

}  // namespace vedette::rules::operations
