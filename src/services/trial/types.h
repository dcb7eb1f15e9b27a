// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace vedette::trial {

enum class StudyStatus : std::uint8_t { kActive, kClosed };

struct Study {
  std::string id;
  std::string name;
  std::string phase;
  StudyStatus status = StudyStatus::kActive;
  Timestamp created_at;
  // Grows by one with every change to the study, its sites or its items.
  std::int64_t revision = 1;
  bool operator==(const Study&) const = default;
};

struct Site {
  std::string id;
  std::string name;
  std::string country;
  bool operator==(const Site&) const = default;
};

enum class ItemType : std::uint8_t { kNumber, kText };

// canonical = value * factor + offset
struct UnitConversion {
  std::string unit;
  double factor = 1;
  double offset = 0;
  bool operator==(const UnitConversion&) const = default;
};

// One thing that can be recorded about a subject.
struct Item {
  std::string code;
  std::string name;
  std::string domain;
  ItemType type = ItemType::kNumber;
  std::string unit;                            // values are kept in it; may be empty
  std::vector<UnitConversion> accepted_units;  // sorted by unit once in the store
  std::optional<double> plausible_low;         // in `unit`, inclusive
  std::optional<double> plausible_high;        // in `unit`, inclusive
  bool operator==(const Item&) const = default;
};

// All items of a study at one revision, by code.
struct Dictionary {
  std::vector<Item> items;
  std::int64_t revision = 0;
};

// What putting sites or items did. What was there already, equal, counts as neither.
struct PutOutcome {
  std::int32_t created = 0;
  std::int32_t updated = 0;
  std::int64_t revision = 0;
  bool operator==(const PutOutcome&) const = default;
};

}  // namespace vedette::trial
