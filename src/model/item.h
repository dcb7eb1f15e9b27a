// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vedette {

// Times and booleans are observed as texts: ISO 8601, and "Y" or "N".
enum class ItemType : std::uint8_t { kNumber, kText, kTime, kBoolean };

// canonical = value * factor + offset. A factor is finite and not 0.
struct UnitConversion {
  std::string unit;
  double factor = 1;
  double offset = 0;
  bool operator==(const UnitConversion&) const = default;
};

// One thing that can be recorded about a subject, as the study's dictionary defines it.
struct ItemDefinition {
  std::string code;
  std::string name;
  ItemType type = ItemType::kNumber;
  std::string unit;  // canonical; empty for a number without unit and for text
  std::vector<UnitConversion> accepted_units;
  // Inclusive bounds of what can be true, in the canonical unit.
  std::optional<double> plausible_low;
  std::optional<double> plausible_high;
  bool unblinding = false;  // tells the treatment
  bool operator==(const ItemDefinition&) const = default;
};

// How a number in `unit` becomes one in the item's unit: the identity for the item's own unit, what
// the dictionary says, else what the unit table says; nullopt when neither converts it.
std::optional<UnitConversion> FindConversion(const ItemDefinition& item, std::string_view unit);

// "mmHg, kPa": the units the dictionary names for the item, for error texts; "none" for an item
// without. The unit table's are not listed: they are many.
std::string AcceptedUnits(const ItemDefinition& item);

}  // namespace vedette
