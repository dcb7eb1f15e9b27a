// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/duration_text.h"

#include <array>
#include <charconv>
#include <cstddef>

namespace vedette::rules {
namespace {

constexpr Seconds kLongest = 36'525 * kDay;

struct DurationUnit {
  char letter;
  Seconds seconds;
};
constexpr std::array<DurationUnit, 5> kUnits = {
    {{'w', 7 * kDay}, {'d', kDay}, {'h', 3600}, {'m', 60}, {'s', 1}}};

}  // namespace

std::optional<Seconds> ParseDuration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Seconds total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    Seconds count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || text[0] == '-' || digits == text.size() || count > kLongest) {
      return std::nullopt;
    }
    std::size_t unit = next_unit;
    while (unit < kUnits.size() && kUnits[unit].letter != text[digits]) ++unit;
    if (unit == kUnits.size() || count > kLongest / kUnits[unit].seconds) return std::nullopt;
    total += count * kUnits[unit].seconds;
    next_unit = unit + 1;
    text.remove_prefix(digits + 1);
    if (text.size() > 1 && text[0] == ' ') text.remove_prefix(1);
  }
  if (total > kLongest) return std::nullopt;
  return total;
}

std::string DurationText(Seconds seconds) {
  if (seconds == 0) return "0d";
  std::string text;
  for (std::size_t i = 1; i < kUnits.size(); ++i) {
    if (const Seconds count = seconds / kUnits[i].seconds; count > 0) {
      text += std::to_string(count) + kUnits[i].letter;
    }
    seconds %= kUnits[i].seconds;
  }
  return text;
}

}  // namespace vedette::rules
