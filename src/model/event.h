// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/uuid.h"
#include "model/study_time.h"

namespace vedette {

// Says that a number is only a bound: kLess for "<3.42", below the limit of quantification.
enum class Comparator : std::uint8_t { kNone, kLess, kGreater };

// "", "<" or ">".
constexpr std::string_view ComparatorText(Comparator comparator) {
  return comparator == Comparator::kLess ? "<" : comparator == Comparator::kGreater ? ">" : "";
}

struct NumberValue {
  double number = 0;
  Comparator comparator = Comparator::kNone;
  bool operator==(const NumberValue&) const = default;
};

struct TextValue {
  std::string text;
  bool operator==(const TextValue&) const = default;
};

// No value, and why: "NOT DONE".
struct AbsentValue {
  std::string reason;
  bool operator==(const AbsentValue&) const = default;
};

using ObservedValue = std::variant<AbsentValue, NumberValue, TextValue>;

// Something observed about a subject: immutable once recorded. A clinical value; never logged.
struct Event {
  Uuid id;
  std::string study_id;
  std::string site_id;
  std::string subject_id;
  std::string subject_number;
  std::string item;
  ObservedValue value;  // numbers in the item's canonical unit
  std::string unit;     // canonical; empty for text, absence and numbers without unit
  StudyTime time;
  Timestamp received_at{};
  std::string source;
  std::string actor;
  std::int32_t version = 1;
};

}  // namespace vedette
