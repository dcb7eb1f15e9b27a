// SPDX-License-Identifier: Apache-2.0
#include "model/unit_table.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "model/unit_data.h"

namespace vedette {
namespace {

constexpr std::size_t kLongestSpelling = 32;

char LowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool EqualWithoutCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, LowerCase, LowerCase);
}

// "x10E9 / L" → "10*9/L", "µmol/L" → "umol/L": what differs only in print is made equal.
std::string Normalize(std::string_view spelling) {
  std::string text;
  for (std::size_t i = 0; i < spelling.size();) {
    const std::string_view rest = spelling.substr(i);
    if (rest.starts_with("µ") || rest.starts_with("μ")) {
      text += 'u';
      i += 2;
    } else if (rest.starts_with("×")) {
      i += 2;
    } else if (rest.starts_with("**")) {
      text += '*';
      i += 2;
    } else if (rest[0] == '^') {
      text += '*';
      ++i;
    } else {
      if (rest[0] != ' ') text += rest[0];
      ++i;
    }
  }
  if (text.starts_with("x1") || text.starts_with("X1")) text.erase(0, 1);
  if (text.starts_with("10E") || text.starts_with("10e")) text[2] = '*';
  return text;
}

std::string InLowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), LowerCase);
  return lower;
}

// Codes and spellings by how they are written; an empty code stands for several meanings.
struct SpellingIndex {
  std::unordered_map<std::string_view, std::string_view> exact;
  std::unordered_map<std::string, std::string_view> without_case;
};

SpellingIndex MakeSpellingIndex() {
  SpellingIndex index;
  const auto add = [&](std::string_view written, std::string_view code) {
    index.exact.emplace(written, code);
    const auto [place, is_new] = index.without_case.emplace(InLowerCase(written), code);
    if (!is_new && place->second != code) place->second = {};
  };
  for (const UnitEntry& unit : UnitEntries()) add(unit.code, unit.code);
  for (const UnitSpelling& spelling : UnitSpellings()) add(spelling.spelling, spelling.code);
  return index;
}

const SpellingIndex& Spellings() {
  static const SpellingIndex index = MakeSpellingIndex();
  return index;
}

const UnitEntry* FindUnit(std::string_view spelling) {
  const std::string_view code = UcumCode(spelling);
  for (const UnitEntry& unit : UnitEntries()) {
    if (unit.code == code) return &unit;
  }
  return nullptr;
}

const AnalyteEntry* FindAnalyte(std::string_view name) {
  for (const AnalyteEntry& analyte : AnalyteEntries()) {
    if (EqualWithoutCase(analyte.name, name)) return &analyte;
  }
  return nullptr;
}

// By what a number in the base unit of `from` is multiplied to be one in the base unit of `to`;
// 0: the dimensions do not convert for this analyte.
double DimensionFactor(const AnalyteEntry* analyte, UnitDimension from, UnitDimension to) {
  using enum UnitDimension;
  if (from == to) return 1;
  if (analyte == nullptr) return 0;
  const auto is = [&](UnitDimension a, UnitDimension b) { return from == a && to == b; };
  if (is(kCatalyticConcentration, kArbitraryConcentration) ||
      is(kArbitraryConcentration, kCatalyticConcentration)) {
    return analyte->enzyme ? 1 : 0;
  }
  const double mass = analyte->molar_mass;
  const double charge = analyte->charge;
  if (is(kMassConcentration, kSubstanceConcentration)) return mass > 0 ? 1 / mass : 0;
  if (is(kSubstanceConcentration, kMassConcentration)) return mass;
  if (is(kSubstanceConcentration, kEquivalentConcentration)) return charge;
  if (is(kEquivalentConcentration, kSubstanceConcentration)) return charge > 0 ? 1 / charge : 0;
  if (is(kMassConcentration, kEquivalentConcentration)) return mass > 0 ? charge / mass : 0;
  if (is(kEquivalentConcentration, kMassConcentration)) return charge > 0 ? mass / charge : 0;
  return 0;
}

std::optional<UnitConversion> Convert(const AnalyteEntry* analyte,
                                      const UnitEntry& from,
                                      const UnitEntry& to) {
  const double between = DimensionFactor(analyte, from.dimension, to.dimension);
  if (between == 0) return std::nullopt;
  UnitConversion conversion;
  // The quotient first: it is exact between decimal multiples, whatever the molar mass.
  conversion.factor = from.factor / to.factor * between;
  conversion.offset = (from.offset - to.offset) / to.factor;
  return conversion;
}

}  // namespace

std::string_view UcumCode(std::string_view spelling) {
  if (spelling.size() > kLongestSpelling) return {};
  const std::string text = Normalize(spelling);
  const SpellingIndex& index = Spellings();
  if (const auto exact = index.exact.find(text); exact != index.exact.end()) return exact->second;
  // A single letter says too little without its case.
  if (text.size() < 2) return {};
  const auto found = index.without_case.find(InLowerCase(text));
  return found == index.without_case.end() ? std::string_view{} : found->second;
}

std::optional<UnitConversion> ConvertUnit(std::string_view analyte,
                                          std::string_view from,
                                          std::string_view to) {
  if (from == to) return UnitConversion{.unit = std::string(from)};
  const UnitEntry* given = FindUnit(from);
  const UnitEntry* wanted = FindUnit(to);
  if (given == nullptr || wanted == nullptr) return std::nullopt;
  auto conversion = Convert(FindAnalyte(analyte), *given, *wanted);
  if (conversion) conversion->unit = from;
  return conversion;
}

std::vector<std::string_view> UnitsConvertibleTo(std::string_view analyte, std::string_view to) {
  std::vector<std::string_view> codes;
  const UnitEntry* wanted = FindUnit(to);
  if (wanted == nullptr) return codes;
  const AnalyteEntry* entry = FindAnalyte(analyte);
  for (const UnitEntry& unit : UnitEntries()) {
    if (Convert(entry, unit, *wanted)) codes.push_back(unit.code);
  }
  return codes;
}

}  // namespace vedette
