// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/item.h"
#include "rules/clinical/clinical_scope.h"

namespace vedette::rules {

// The numbers that an observation may be: one, or all below or above a bound.
IntervalValue IntervalOf(const Observation& observation, const UnitConversion& conversion);
// An exact number where both ends agree.
Value FromInterval(IntervalValue interval);

// value, time, uln, lln, xuln or xlln of one observation.
Value SelectOfObservation(const ClinicalScope& scope,
                          std::uint32_t item,
                          const Observation& observation,
                          const UnitConversion& conversion,
                          std::string_view field);

Value MakeObservation(const ClinicalScope& scope,
                      std::uint32_t item,
                      const Observation& observation,
                      const UnitConversion& conversion);

// `inside`: what lies in the window, oldest first.
Value MakeWindow(const ClinicalScope& scope,
                 std::uint32_t item,
                 std::vector<Observation> inside,
                 const UnitConversion& conversion);

}  // namespace vedette::rules
