// SPDX-License-Identifier: Apache-2.0
#include "model/unit_data.h"

namespace vedette {
namespace {

using enum UnitDimension;

// Definitions: The Unified Code for Units of Measure 2.1, tables 3 to 8 (mm[Hg] = 133.322387415 Pa,
// [lb_av] = 453.59237 g, [in_i] = 2.54 cm).
constexpr UnitEntry kUnits[] = {
    {"10*12/L", kNumberConcentration, 1e12},
    {"10*6/uL", kNumberConcentration, 1e12},
    {"10*9/L", kNumberConcentration, 1e9},
    {"10*3/uL", kNumberConcentration, 1e9},
    {"10*6/mL", kNumberConcentration, 1e9},
    {"10*6/L", kNumberConcentration, 1e6},
    {"10*3/mL", kNumberConcentration, 1e6},
    {"/uL", kNumberConcentration, 1e6},
    {"/mL", kNumberConcentration, 1e3},
    {"/L", kNumberConcentration, 1},

    {"g/dL", kMassConcentration, 1e13},
    {"g/L", kMassConcentration, 1e12},
    {"mg/mL", kMassConcentration, 1e12},
    {"mg/dL", kMassConcentration, 1e10},
    {"mg/L", kMassConcentration, 1e9},
    {"ug/mL", kMassConcentration, 1e9},
    {"ug/dL", kMassConcentration, 1e7},
    {"ug/L", kMassConcentration, 1e6},
    {"ng/mL", kMassConcentration, 1e6},
    {"ng/dL", kMassConcentration, 1e4},
    {"ng/L", kMassConcentration, 1e3},
    {"pg/mL", kMassConcentration, 1e3},
    {"pg/dL", kMassConcentration, 10},

    {"mol/L", kSubstanceConcentration, 1e12},
    {"mmol/L", kSubstanceConcentration, 1e9},
    {"umol/mL", kSubstanceConcentration, 1e9},
    {"umol/L", kSubstanceConcentration, 1e6},
    {"nmol/mL", kSubstanceConcentration, 1e6},
    {"nmol/L", kSubstanceConcentration, 1e3},
    {"pmol/mL", kSubstanceConcentration, 1e3},
    {"pmol/L", kSubstanceConcentration, 1},

    {"eq/L", kEquivalentConcentration, 1e12},
    {"meq/L", kEquivalentConcentration, 1e9},
    {"meq/dL", kEquivalentConcentration, 1e10},

    {"ukat/L", kCatalyticConcentration, 6e7},
    {"nkat/L", kCatalyticConcentration, 6e4},
    {"kU/L", kCatalyticConcentration, 1e9},
    {"U/mL", kCatalyticConcentration, 1e9},
    {"U/L", kCatalyticConcentration, 1e6},
    {"mU/mL", kCatalyticConcentration, 1e6},
    {"mU/L", kCatalyticConcentration, 1e3},

    {"k[IU]/L", kArbitraryConcentration, 1e9},
    {"[IU]/mL", kArbitraryConcentration, 1e9},
    {"[IU]/L", kArbitraryConcentration, 1e6},
    {"m[IU]/mL", kArbitraryConcentration, 1e6},
    {"m[IU]/L", kArbitraryConcentration, 1e3},
    {"u[IU]/mL", kArbitraryConcentration, 1e3},

    {"mm[Hg]", kPressure, 133.322387415},
    {"kPa", kPressure, 1000},
    {"Pa", kPressure, 1},
    {"cm[H2O]", kPressure, 98.0665},

    {"Cel", kTemperature, 1},
    {"K", kTemperature, 1, -273.15},
    {"[degF]", kTemperature, 5.0 / 9.0, -160.0 / 9.0},

    {"kg", kMass, 1e15},
    {"g", kMass, 1e12},
    {"mg", kMass, 1e9},
    {"ug", kMass, 1e6},
    {"ng", kMass, 1e3},
    {"pg", kMass, 1},
    {"[lb_av]", kMass, 453592370e6},
    {"[oz_av]", kMass, 28349523125e3},

    {"m", kLength, 1e6},
    {"cm", kLength, 1e4},
    {"mm", kLength, 1e3},
    {"um", kLength, 1},
    {"[in_i]", kLength, 25400},
    {"[ft_i]", kLength, 304800},

    {"m2", kArea, 1e4},
    {"cm2", kArea, 1},

    {"L", kVolume, 1e15},
    {"dL", kVolume, 1e14},
    {"mL", kVolume, 1e12},
    {"uL", kVolume, 1e9},
    {"fL", kVolume, 1},
    {"um3", kVolume, 1},

    {"wk", kTime, 604800e6},
    {"d", kTime, 86400e6},
    {"h", kTime, 3600e6},
    {"min", kTime, 60e6},
    {"s", kTime, 1e6},
    {"ms", kTime, 1e3},
    {"us", kTime, 1},

    {"/s", kFrequency, 3600},
    {"/min", kFrequency, 60},
    {"/h", kFrequency, 1},

    {"1", kFraction, 1e6},
    {"%", kFraction, 1e4},
    {"[ppth]", kFraction, 1e3},

    {"L/min", kClearance, 1e6},
    {"mL/min", kClearance, 1e3},
    {"mL/s", kClearance, 6e4},

    {"mL/min/{1.73_m2}", kIndexedClearance, 1e3},
    {"mL/s/{1.73_m2}", kIndexedClearance, 6e4},

    {"g/d", kMassRate, 1e6},
    {"mg/d", kMassRate, 1e3},
    {"ug/d", kMassRate, 1},
    {"ug/min", kMassRate, 1440},

    {"kg/m2", kBodyMassIndex, 1},
    {"mm/h", kSedimentation, 1},
    {"mosm/kg", kOsmolality, 1},
    {"[pH]", kAcidity, 1},
    {"{INR}", kNormalizedRatio, 1},
};

// After blanks are gone, "µ" is "u", "^", "**" and "E" of powers are "*", and a leading "x" is
// gone. Sources: the CDISC codelist UNIT (C71620) and the usual prints of analysers.
constexpr UnitSpelling kSpellings[] = {
    {"T/L", "10*12/L"},
    {"TI/L", "10*12/L"},
    {"tera/L", "10*12/L"},
    {"M/uL", "10*6/uL"},
    {"MIL/uL", "10*6/uL"},
    {"MILL/uL", "10*6/uL"},
    {"10*6/mm3", "10*6/uL"},
    {"10*6/mcL", "10*6/uL"},
    {"G/L", "10*9/L"},
    {"G/l", "10*9/L"},
    {"GI/L", "10*9/L"},
    {"giga/L", "10*9/L"},
    {"BIL/L", "10*9/L"},
    {"K/uL", "10*3/uL"},
    {"K/mcL", "10*3/uL"},
    {"K/mm3", "10*3/uL"},
    {"K/cumm", "10*3/uL"},
    {"THOU/uL", "10*3/uL"},
    {"THOU/mcL", "10*3/uL"},
    {"THOU/mm3", "10*3/uL"},
    {"THOUS/uL", "10*3/uL"},
    {"1000/uL", "10*3/uL"},
    {"10*3/mm3", "10*3/uL"},
    {"10*3/mcL", "10*3/uL"},
    {"MI/L", "10*6/L"},
    {"1/uL", "/uL"},
    {"/mm3", "/uL"},
    {"/cumm", "/uL"},
    {"/mcL", "/uL"},
    {"cells/uL", "/uL"},
    {"cells/mcL", "/uL"},
    {"cells/mm3", "/uL"},
    {"cells/cumm", "/uL"},
    {"cells/mL", "/mL"},
    {"1/mL", "/mL"},
    {"1/L", "/L"},
    {"cells/L", "/L"},

    {"g/l", "g/L"},
    {"gm/dL", "g/dL"},
    {"gm/L", "g/L"},
    {"g%", "g/dL"},
    {"g/100mL", "g/dL"},
    {"mg%", "mg/dL"},
    {"mg/100mL", "mg/dL"},
    {"mcg/mL", "ug/mL"},
    {"mcg/dL", "ug/dL"},
    {"mcg/L", "ug/L"},
    {"mM", "mmol/L"},
    {"uM", "umol/L"},
    {"mEq/L", "meq/L"},
    {"mEq/dL", "meq/dL"},
    {"mval/L", "meq/L"},

    {"IU/L", "[IU]/L"},
    {"IU/mL", "[IU]/mL"},
    {"kIU/L", "k[IU]/L"},
    {"mIU/L", "m[IU]/L"},
    {"mIU/mL", "m[IU]/mL"},
    {"uIU/mL", "u[IU]/mL"},
    {"mcIU/mL", "u[IU]/mL"},

    {"mmHg", "mm[Hg]"},
    {"mmofHg", "mm[Hg]"},
    {"torr", "mm[Hg]"},
    {"cmH2O", "cm[H2O]"},

    {"C", "Cel"},
    {"°C", "Cel"},
    {"degC", "Cel"},
    {"celsius", "Cel"},
    {"F", "[degF]"},
    {"°F", "[degF]"},
    {"degF", "[degF]"},
    {"fahrenheit", "[degF]"},
    {"kelvin", "K"},

    {"lb", "[lb_av]"},
    {"LBS", "[lb_av]"},
    {"pound", "[lb_av]"},
    {"oz", "[oz_av]"},
    {"mcg", "ug"},
    {"gram", "g"},
    {"in", "[in_i]"},
    {"inch", "[in_i]"},
    {"inches", "[in_i]"},
    {"ft", "[ft_i]"},
    {"m*2", "m2"},
    {"cubicum", "um3"},

    {"msec", "ms"},
    {"sec", "s"},
    {"SECONDS", "s"},
    {"hr", "h"},
    {"hours", "h"},
    {"day", "d"},
    {"DAYS", "d"},
    {"week", "wk"},
    {"WEEKS", "wk"},
    {"beats/min", "/min"},
    {"{beats}/min", "/min"},
    {"breaths/min", "/min"},
    {"{breaths}/min", "/min"},
    {"bpm", "/min"},
    {"1/min", "/min"},
    {"1/s", "/s"},
    {"Hz", "/s"},

    {"fraction", "1"},
    {"fractionof1", "1"},
    {"ratio", "1"},
    {"proportionof1", "1"},
    {"L/L", "1"},
    {"percent", "%"},

    {"mL/min/1.73m2", "mL/min/{1.73_m2}"},
    {"mL/min/1.73m*2", "mL/min/{1.73_m2}"},
    {"mL/min/1.73", "mL/min/{1.73_m2}"},
    {"mL/s/1.73m2", "mL/s/{1.73_m2}"},
    {"g/24h", "g/d"},
    {"g/24hr", "g/d"},
    {"g/day", "g/d"},
    {"mg/24h", "mg/d"},
    {"mg/24hr", "mg/d"},
    {"mg/day", "mg/d"},
    {"kg/m*2", "kg/m2"},
    {"mm/hr", "mm/h"},
    {"mOsm/kg", "mosm/kg"},
    {"pH", "[pH]"},
    {"INR", "{INR}"},
};

// Molar masses: IUPAC standard atomic weights 2021, abridged, summed over the formula in the note.
// Names: LBTESTCD of the CDISC codelist (C65047), then usual ones.
constexpr AnalyteEntry kAnalytes[] = {
    {"CREAT", 113.12, 0, false},      // C4H7N3O
    {"GLUC", 180.156, 0, false},      // C6H12O6
    {"GLUCFAST", 180.156, 0, false},  // the same, fasting
    {"BILI", 584.67, 0, false},       // C33H36N4O6
    {"TBILI", 584.67, 0, false},
    {"BILDIR", 584.67, 0, false},  // reported as unconjugated bilirubin
    {"BILIND", 584.67, 0, false},
    {"CHOL", 386.66, 0, false},  // C27H46O
    {"HDL", 386.66, 0, false},   // as cholesterol
    {"LDL", 386.66, 0, false},   // as cholesterol
    {"TRIG", 885.4, 0, false},   // triolein, C57H104O6, by convention
    {"UREA", 60.056, 0, false},  // CH4N2O
    {"BUN", 28.014, 0, false},   // the nitrogen of one mole of urea, N2
    {"UREAN", 28.014, 0, false},
    {"URATE", 168.11, 0, false},  // C5H4N4O3
    {"CA", 40.078, 2, false},
    {"CAION", 40.078, 2, false},
    {"CACR", 40.078, 2, false},  // corrected for albumin
    {"MG", 24.305, 2, false},
    {"PHOS", 30.974, 0, false},  // as phosphorus
    {"SODIUM", 22.990, 1, false},
    {"NA", 22.990, 1, false},
    {"K", 39.098, 1, false},
    {"CL", 35.45, 1, false},
    {"BICARB", 61.016, 1, false},  // HCO3
    {"CO2", 44.009, 1, false},     // total, as bicarbonate
    {"LITHIUM", 6.94, 1, false},
    {"IRON", 55.845, 0, false},
    {"LACTICAC", 90.08, 0, false},  // C3H6O3
    {"AMMONIA", 17.031, 0, false},  // NH3
    {"HGB", 16114.5, 0, false},     // one chain with haem: the monomer that mmol/L counts
    {"HB", 16114.5, 0, false},
    {"CORTISOL", 362.47, 0, false},   // C21H30O5
    {"THYROXINE", 776.87, 0, false},  // C15H11I4NO4
    {"T4", 776.87, 0, false},
    {"T4FR", 776.87, 0, false},
    {"T3", 650.98, 0, false},  // C15H12I3NO4
    {"T3FR", 650.98, 0, false},
    {"TESTOS", 288.43, 0, false},    // C19H28O2
    {"ESTRDIOL", 272.39, 0, false},  // C18H24O2
    {"VITB12", 1355.4, 0, false},    // C63H88CoN14O14P
    {"FOLATE", 441.40, 0, false},    // C19H19N7O6
    {"DIGOXIN", 780.95, 0, false},   // C41H64O14
    {"ALT", 0, 0, true},
    {"AST", 0, 0, true},
    {"ALP", 0, 0, true},
    {"ALKPH", 0, 0, true},
    {"GGT", 0, 0, true},
    {"LDH", 0, 0, true},
    {"CK", 0, 0, true},
    {"CPK", 0, 0, true},
    {"AMYLASE", 0, 0, true},
    {"LIPASE", 0, 0, true},
};

}  // namespace

std::span<const UnitEntry> UnitEntries() { return kUnits; }
std::span<const UnitSpelling> UnitSpellings() { return kSpellings; }
std::span<const AnalyteEntry> AnalyteEntries() { return kAnalytes; }

}  // namespace vedette
