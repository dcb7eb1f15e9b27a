// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "rules/syntax/ast.h"

namespace vedette::rules {

// A slot of a frame. Missing: NaN of a number, kMissing of the rest, kUnknown of a truth.
union Slot {
  double number;
  std::int64_t integer;
};

inline constexpr std::int64_t kMissing = INT64_MIN;

enum class SlotKind : std::uint8_t {
  kNumber,
  kInteger,   // counts, grades, texts by number
  kTime,      // Seconds
  kDuration,  // Seconds
  kTruth,     // Truth
};

// Kleene's three values, numbered so that AND is the minimum, OR the maximum and NOT 2 - x. Only
// kTrue fires.
enum class Truth : std::int64_t { kFalse = 0, kUnknown = 1, kTrue = 2 };

// What a feature computes from a subject's record at an anchor. `w` is Feature::window, `n`
// Feature::count. "In (a, b]" is about the time of observations; none sees beyond Anchor::as_of.
// The exact meaning is in src/rules/README.md.
enum class FeatureKind : std::uint8_t {
  kValue,       // the current observation: the anchor's own for its item, else the latest as of
  kTime,        // its time
  kUpperLimit,  // its reference range
  kLowerLimit,
  kRatioUpper,  // value / upper limit
  kPrevious,    // the n-th before the current one
  kBaseline,    // the last at or before the first dose, for anchors after it
  kBaselineUpperLimit,
  kAsOf,   // the latest in [as_of - w, as_of]
  kCount,  // of those in [as_of - w, as_of]
  kMinimum,
  kMaximum,
  kMean,
  kStandardDeviation,
  kSlopePerDay,
  kMaximumRatioUpper,
  kMinimumRatioUpper,
  kGradeLow,  // of the current observation, by the score library: 0 to 5
  kGradeHigh,
  kBaselineGradeLow,
  kBaselineGradeHigh,
  kMissedInARow,  // planned entries missed since the last, at now
  kAttribute,
  kRowField,
  kRowHas,
  kFormField,  // of the only or latest row
  kVisitDue,   // Seconds; `count` is the visit's index, or the anchor's own visit
  kVisitWindowStart,
  kVisitWindowEnd,
  kVisitDone,
  kVisitTime,
  kNow,
  kAnchorTime,
  kKriScore,
  kKriNumerator,
  kKriDenominator,
  kExpression,  // anything else: the tree walker evaluates `expr`
};

struct Feature {
  FeatureKind kind = FeatureKind::kValue;
  SlotKind slot = SlotKind::kNumber;
  std::uint32_t item = UINT32_MAX;  // index into Catalog::items
  std::int64_t window = 0;          // seconds
  std::uint32_t count = 0;          // of kPrevious; index of a visit or a KRI
  // The rule's unit = item's unit * factor + offset: of each value and limit, before anything is
  // computed from them. Ratios and grades are the same in every unit and have the identity.
  double factor = 1;
  double offset = 0;
  const Expr* expr = nullptr;  // of kExpression; owned by the condition's Ast
  bool operator==(const Feature&) const = default;
};

// Of Feature::count: the visit that the anchor is about.
inline constexpr std::uint32_t kAnchorVisit = UINT32_MAX;

}  // namespace vedette::rules
