// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
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

// One version of a rule as its author wrote it.
struct RuleSpec {
  std::string version_id;
  std::string study_id;
  std::string rule_id;
  std::int32_t version = 1;
  std::string name;
  std::string item;
  Comparison comparison = Comparison::kGreaterThan;
  double threshold = 0;
  std::string unit;  // the item's, or one its dictionary converts
  Severity severity = Severity::kWarning;
  std::string message;  // with {value} {unit} {item} {subject}
  std::string content_hash;
  bool operator==(const RuleSpec&) const = default;
};

// Which events a version judges, by when they were received: from ≤ received < until.
struct ActivePeriod {
  Timestamp from = Timestamp::max();
  Timestamp until = Timestamp::max();
  bool Contains(Timestamp received) const { return from <= received && received < until; }
  bool operator==(const ActivePeriod&) const = default;
};

}  // namespace vedette::rules
