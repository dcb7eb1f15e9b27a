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

enum class ItemType : std::uint8_t { kNumber, kText, kTime, kBoolean };
enum class ItemRole : std::uint8_t { kSeries, kField, kAttribute };

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
  ItemRole role = ItemRole::kSeries;
  std::string rule_name;  // empty: made of domain and code
  std::string form;
  std::string codelist;
  std::string grading;
  std::int64_t expected_every = 0;  // seconds
  bool unblinding = false;
  bool operator==(const Item&) const = default;
};

// All items of a study at one revision, by code.
struct Dictionary {
  std::vector<Item> items;
  std::int64_t revision = 0;
};

struct Visit {
  std::string code;
  std::string name;
  std::int32_t day = 1;
  std::int32_t window_before = 0;  // days
  std::int32_t window_after = 0;
  std::string item;
  bool operator==(const Visit&) const = default;
};

struct Form {
  std::string name;
  std::string label;
  bool repeating = true;
  bool operator==(const Form&) const = default;
};

struct Codelist {
  std::string name;
  std::vector<std::string> terms;
  bool operator==(const Codelist&) const = default;
};

struct Indicator {
  std::string id;
  std::string name;
  std::string numerator_form;
  std::string numerator_field;
  std::string numerator_term;
  std::string denominator;
  double minimum_denominator = 0;
  bool operator==(const Indicator&) const = default;
};

// What a study plans beside its items. Lists are in order of code, name or id.
struct Design {
  std::vector<Visit> visits;
  std::vector<Form> forms;
  std::vector<Codelist> codelists;
  std::vector<Indicator> indicators;
  std::string first_dose;
  std::string last_dose;
  std::string visit_reference;
  std::string grading_version;
  bool operator==(const Design&) const = default;
};

struct RevisedDesign {
  Design design;
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
