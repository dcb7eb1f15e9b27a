// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "model/item.h"

namespace vedette {

// The UCUM code of a unit as laboratories and SDTM spell it: "THOU/uL" → "10*3/uL", "umol/L" →
// "umol/L", "10^9/L" → "10*9/L". Letter case matters first ("g/L" is grams, "G/L" giga in the
// CDISC codelist), then any case that leaves one meaning. Empty for what the table does not know.
std::string_view UcumCode(std::string_view spelling);

// How a number in `from` becomes one in `to`: value * factor + offset. Between units of one
// dimension always; between mass and substance concentration only for an analyte whose molar mass
// the table holds ("CREAT", "GLUC"). nullopt: not convertible.
std::optional<UnitConversion> ConvertUnit(std::string_view analyte,
                                          std::string_view from,
                                          std::string_view to);

// The UCUM codes of all units from which a number of this analyte becomes one in `to`.
std::vector<std::string_view> UnitsConvertibleTo(std::string_view analyte, std::string_view to);

}  // namespace vedette
