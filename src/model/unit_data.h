// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace vedette {

enum class UnitDimension : std::uint8_t {
  kNumberConcentration,      // base: 1/L
  kMassConcentration,        // pg/L
  kSubstanceConcentration,   // pmol/L
  kEquivalentConcentration,  // peq/L
  kCatalyticConcentration,   // U/L / 60 000 000, that is pkat/L
  kArbitraryConcentration,   // international units: u[iU]/L
  kPressure,                 // Pa
  kTemperature,              // Cel
  kMass,                     // pg
  kLength,                   // um
  kArea,                     // cm2
  kVolume,                   // fL
  kTime,                     // us
  kFrequency,                // 1/h
  kFraction,                 // 1e-6
  kClearance,                // uL/min
  kIndexedClearance,         // uL/min per 1.73 m2
  kMassRate,                 // ug/d
  kBodyMassIndex,            // kg/m2
  kSedimentation,            // mm/h
  kOsmolality,               // mosm/kg
  kAcidity,                  // pH
  kNormalizedRatio,          // INR
};

// base = value * factor + offset. Factors are whole numbers wherever the units allow it, so that
// their quotients are the nearest doubles of the true ones.
struct UnitEntry {
  std::string_view code;  // UCUM
  UnitDimension dimension;
  double factor;
  double offset = 0;
};

// Another way to write a unit, after blanks, "×" and the signs of powers have been made equal.
struct UnitSpelling {
  std::string_view spelling;
  std::string_view code;
};

// What one mole of an analyte weighs, and its charge; 0 where that has no meaning.
struct AnalyteEntry {
  std::string_view name;
  double molar_mass;  // g/mol
  int charge;
  bool enzyme;  // its international units are the U of UCUM
};

std::span<const UnitEntry> UnitEntries();
std::span<const UnitSpelling> UnitSpellings();
std::span<const AnalyteEntry> AnalyteEntries();

}  // namespace vedette
