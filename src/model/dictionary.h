// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/event.h"
#include "model/item.h"

namespace vedette {

// A value as its source gave it, before the dictionary has looked at it. Views into the request.
struct GivenValue {
  std::string_view item;
  std::optional<double> number;
  std::string_view comparator;  // "", "<" or ">"
  std::optional<std::string_view> text;
  std::string_view absent_reason;  // empty: not absent
  std::string_view unit;
};

// A value the dictionary has accepted, a number in the item's unit.
struct CheckedValue {
  const ItemDefinition* item = nullptr;  // of the dictionary that checked
  ObservedValue value;
  bool converted = false;  // the number was given in another unit
};

// What may be recorded in one study. Immutable; thread-safe.
class StudyDictionary {
 public:
  StudyDictionary(std::string study_id, std::int64_t revision, std::vector<ItemDefinition> items);
  StudyDictionary(const StudyDictionary&) = delete;
  StudyDictionary& operator=(const StudyDictionary&) = delete;

  const std::string& study_id() const { return study_id_; }
  std::int64_t revision() const { return revision_; }
  const std::vector<ItemDefinition>& items() const { return items_; }

  // nullptr for an unknown code. Codes are case-sensitive.
  const ItemDefinition* Find(std::string_view code) const;

  // "There is no item X in study S; did you mean Y?"
  std::string UnknownItem(std::string_view code) const;

  // Checks one observation: the item is known; exactly one of number, text and reason for absence
  // is given, of the item's type; the number is finite, in a unit the item takes, and plausible.
  // False: `violations` got every reason, under `path` + ".number" and so on; no text repeats a
  // value.
  bool CheckObservation(const GivenValue& given,
                        std::string_view path,
                        CheckedValue* checked,
                        std::vector<FieldViolation>* violations) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::string study_id_;
  std::int64_t revision_;
  std::vector<ItemDefinition> items_;
  std::unordered_map<std::string_view, const ItemDefinition*, Hash, std::equal_to<>> by_code_;
};

}  // namespace vedette
