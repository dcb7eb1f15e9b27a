// SPDX-License-Identifier: Apache-2.0
#include "model/dictionary.h"

#include <cmath>
#include <utility>

#include "base/suggest.h"
#include "model/number_text.h"
#include "model/study_time.h"

namespace vedette {
namespace {

constexpr std::size_t kMostSuggestions = 20;

// Collects the violations of one observation under its path.
class Complaints {
 public:
  Complaints(std::string_view path, std::vector<FieldViolation>* violations)
      : path_(path), violations_(violations) {}

  void Add(std::string_view field, std::string description) {
    std::string path(path_);
    if (!path.empty()) path += '.';
    violations_->push_back({path.append(field), std::move(description)});
    any_ = true;
  }
  bool any() const { return any_; }

 private:
  std::string_view path_;
  std::vector<FieldViolation>* violations_;
  bool any_ = false;
};

std::string UnitText(std::string_view unit) { return unit.empty() ? "" : " " + std::string(unit); }

void CheckNumber(const ItemDefinition& item,
                 const GivenValue& given,
                 Complaints& complaints,
                 CheckedValue* checked) {
  if (!std::isfinite(*given.number)) {
    complaints.Add("number", "is not a finite number");
    return;
  }
  const std::optional<UnitConversion> conversion = FindConversion(item, given.unit);
  if (!conversion) {
    complaints.Add("unit",
                   given.unit.empty()
                       ? "is missing; " + item.code + " takes: " + AcceptedUnits(item)
                       : "is not a unit of " + item.code + "; it takes: " + AcceptedUnits(item));
    return;
  }
  const double number = *given.number * conversion->factor + conversion->offset;
  if (!std::isfinite(number)) {
    complaints.Add("number", "is too large in the item's unit");
    return;
  }
  if ((item.plausible_low && number < *item.plausible_low) ||
      (item.plausible_high && number > *item.plausible_high)) {
    std::string range = item.plausible_low ? "from " + NumberText(*item.plausible_low) : "";
    if (item.plausible_high) {
      range += (range.empty() ? "up to " : " to ") + NumberText(*item.plausible_high);
    }
    complaints.Add("number", "is outside the plausible range of " + item.code + ": " + range +
                                 UnitText(item.unit));
    return;
  }
  Comparator comparator = Comparator::kNone;
  if (given.comparator == "<") comparator = Comparator::kLess;
  if (given.comparator == ">") comparator = Comparator::kGreater;
  if (conversion->factor < 0 && comparator != Comparator::kNone) {
    // A falling conversion turns an upper bound into a lower one.
    comparator = comparator == Comparator::kLess ? Comparator::kGreater : Comparator::kLess;
  }
  checked->value = NumberValue{number, comparator};
  checked->converted = given.unit != item.unit;
}

// Takes the text of a time or a boolean in the form in which it is kept.
void CheckText(const ItemDefinition& item,
               std::string_view text,
               Complaints& complaints,
               CheckedValue* checked) {
  switch (item.type) {
    case ItemType::kTime: {
      StudyTime time;
      if (!ReadStudyTime(text, time)) {
        complaints.Add("text",
                       item.code + " is a time; write it as 2026-03-01 or 2026-03-01T08:30");
        return;
      }
      checked->value = TextValue{FormatStudyTime(time)};
      return;
    }
    case ItemType::kBoolean:
      if (text == "Y" || text == "true") {
        checked->value = TextValue{"Y"};
      } else if (text == "N" || text == "false") {
        checked->value = TextValue{"N"};
      } else {
        complaints.Add("text", item.code + " takes Y or N");
      }
      return;
    default:
      checked->value = TextValue{std::string(text)};
  }
}

std::string_view KindOf(ItemType type) {
  switch (type) {
    case ItemType::kTime:
      return " is a time, not a number";
    case ItemType::kBoolean:
      return " takes Y or N, not a number";
    default:
      return " is a text, not a number";
  }
}

}  // namespace

StudyDictionary::StudyDictionary(std::string study_id,
                                 std::int64_t revision,
                                 std::vector<ItemDefinition> items)
    : study_id_(std::move(study_id)), revision_(revision), items_(std::move(items)) {
  by_code_.reserve(items_.size());
  for (const ItemDefinition& item : items_) by_code_.emplace(item.code, &item);
}

const ItemDefinition* StudyDictionary::Find(std::string_view code) const {
  const auto found = by_code_.find(code);
  return found == by_code_.end() ? nullptr : found->second;
}

std::string StudyDictionary::UnknownItem(std::string_view code) const {
  std::vector<std::string_view> codes;
  codes.reserve(items_.size());
  for (const ItemDefinition& item : items_) codes.push_back(item.code);
  std::string text = "there is no item ";
  text.append(code).append(" in study ").append(study_id_);
  if (const std::string_view near = Suggest(code, codes); !near.empty()) {
    text.append("; did you mean ").append(near).append("?");
  }
  return text;
}

bool StudyDictionary::CheckObservation(const GivenValue& given,
                                       std::string_view path,
                                       CheckedValue* checked,
                                       std::vector<FieldViolation>* violations) const {
  Complaints complaints(path, violations);
  const ItemDefinition* item = Find(given.item);
  if (item == nullptr) {
    // Searching for a near code costs time; a batch of nonsense gets it for its first rows only.
    complaints.Add("item", violations->size() < kMostSuggestions
                               ? UnknownItem(given.item)
                               : "there is no such item in study " + study_id_);
  }

  const bool absent = !given.absent_reason.empty();
  if (absent && (given.number || given.text)) {
    complaints.Add("absentReason", "must be empty when there is a value");
  } else if (given.number && given.text) {
    complaints.Add("text", "must be absent when there is a number");
  } else if (!absent && !given.number && !given.text) {
    complaints.Add("number", "is missing; give a number, a text or the reason for absence");
  }
  if (!given.comparator.empty() && given.comparator != "<" && given.comparator != ">") {
    complaints.Add("comparator", "must be <, > or empty");
  } else if (!given.comparator.empty() && !given.number) {
    complaints.Add("comparator", "stands only before a number");
  }
  if (item == nullptr || complaints.any()) return false;

  checked->item = item;
  checked->converted = false;
  if (absent) {
    checked->value = AbsentValue{std::string(given.absent_reason)};
  } else if (item->type == ItemType::kNumber) {
    if (given.number) {
      CheckNumber(*item, given, complaints, checked);
    } else {
      complaints.Add("text", item->code + " is a number, not a text");
    }
  } else if (given.text) {
    CheckText(*item, *given.text, complaints, checked);
  } else {
    complaints.Add("number", item->code + std::string(KindOf(item->type)));
  }
  return !complaints.any();
}

}  // namespace vedette
