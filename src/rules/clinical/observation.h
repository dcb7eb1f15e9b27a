// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

namespace vedette::rules {

// Seconds since the Unix epoch, UTC: how finely rules see time. Years 1900 to 2199.
using Seconds = std::int64_t;

inline constexpr Seconds kDay = 86'400;

// One current observation of a series, or one field of a row, as the engine keeps it: 24 bytes.
// Numbers are in the item's unit; texts are numbers of a TextPool; times are Seconds; booleans 0
// and
// 1. Ordered by (time, key), never by arrival.
class Observation {
 public:
  enum Flag : std::uint8_t {
    kNone = 0,
    kBelow = 1,   // "<": the true value lies below `value`
    kAbove = 2,   // ">"
    kAbsent = 4,  // no value, and the source said why; value is NaN
  };

  Observation() = default;
  // `key` is the observation's identity within its subject and item: 64 bits of a hash of the key
  // its source gave it. `range` is its reference range in the record's RangeTable.
  Observation(
      Seconds time, std::uint64_t key, double value, std::uint16_t range, std::uint8_t flags)
      : packed_((static_cast<std::uint64_t>(time + kOffset) << 30) |
                (static_cast<std::uint64_t>(range) << 8) | flags),
        value_(value),
        key_(key) {}

  Seconds time() const { return static_cast<Seconds>(packed_ >> 30) - kOffset; }
  std::uint16_t range() const { return static_cast<std::uint16_t>(packed_ >> 8); }
  std::uint8_t flags() const { return static_cast<std::uint8_t>(packed_); }
  double value() const { return value_; }
  std::uint64_t key() const { return key_; }
  // A plain value: not absent, not merely a bound.
  bool exact() const { return flags() == kNone; }

  friend bool operator<(const Observation& a, const Observation& b) {
    const std::uint64_t at = a.packed_ >> 30;
    const std::uint64_t bt = b.packed_ >> 30;
    return at != bt ? at < bt : a.key_ < b.key_;
  }

 private:
  static constexpr Seconds kOffset = 2'208'988'800;  // of 1900-01-01

  std::uint64_t packed_ = 0;
  double value_ = 0;
  std::uint64_t key_ = 0;
};

static_assert(sizeof(Observation) == 24);

// The reference range of a laboratory; NaN where it gave none. In the item's unit.
struct ReferenceRange {
  double low;
  double high;
};

}  // namespace vedette::rules
