// SPDX-License-Identifier: Apache-2.0
#include "model/item.h"

#include "model/unit_table.h"

namespace vedette {

std::optional<UnitConversion> FindConversion(const ItemDefinition& item, std::string_view unit) {
  if (unit == item.unit) return UnitConversion{};
  for (const UnitConversion& conversion : item.accepted_units) {
    if (conversion.unit == unit) return conversion;
  }
  if (item.type != ItemType::kNumber || item.unit.empty()) return std::nullopt;
  return ConvertUnit(item.code, unit, item.unit);
}

std::string AcceptedUnits(const ItemDefinition& item) {
  std::string units = item.unit.empty() ? "none" : item.unit;
  for (const UnitConversion& conversion : item.accepted_units) units += ", " + conversion.unit;
  return units;
}

}  // namespace vedette
