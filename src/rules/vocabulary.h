// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace vedette::rules {

// Numbered as in the contract; stored.
enum class Comparison : std::uint8_t {
  kGreaterThan = 1,
  kGreaterOrEqual = 2,
  kLessThan = 3,
  kLessOrEqual = 4,
  kEqual = 5,
  kNotEqual = 6,
};

enum class Severity : std::uint8_t { kInfo = 1, kWarning = 2, kCritical = 3 };

constexpr std::string_view ComparisonText(Comparison comparison) {
  switch (comparison) {
    case Comparison::kGreaterThan:
      return ">";
    case Comparison::kGreaterOrEqual:
      return ">=";
    case Comparison::kLessThan:
      return "<";
    case Comparison::kLessOrEqual:
      return "<=";
    case Comparison::kEqual:
      return "=";
    case Comparison::kNotEqual:
      return "!=";
  }
  return "?";
}

constexpr std::string_view SeverityText(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kWarning:
      return "warning";
    case Severity::kCritical:
      return "critical";
  }
  return "?";
}

// Which events a version judges, by when they were received: from ≤ received < until.
struct ActivePeriod {
  Timestamp from = Timestamp::max();
  Timestamp until = Timestamp::max();
  bool Contains(Timestamp received) const { return from <= received && received < until; }
  bool operator==(const ActivePeriod&) const = default;
};

}  // namespace vedette::rules
