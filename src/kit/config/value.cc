// SPDX-License-Identifier: Apache-2.0
#include "kit/config/value.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "kit/config/private_file.h"

namespace vedette::config {
namespace {

struct DurationUnit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr DurationUnit kUnits[] = {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};

template <class T>
std::optional<T> ParseWhole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string FormatLimit(double limit, RangeUnit unit) {
  if (unit == RangeUnit::kDuration) {
    return FormatDuration(std::chrono::milliseconds(static_cast<std::int64_t>(limit)));
  }
  // Limits such as 1e6 are written to be read: 1000000.
  if (limit == std::floor(limit) && std::abs(limit) < 1e15) return fmt::format("{:.0f}", limit);
  return fmt::format("{}", limit);
}

}  // namespace

std::optional<bool> ParseBool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  return ParseWhole<std::int64_t>(text);
}

std::optional<double> ParseNumber(std::string_view text) {
  const auto value = ParseWhole<double>(text);
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
  const auto count = ParseWhole<std::int64_t>(text.substr(0, digits));
  if (!count) return std::nullopt;
  for (const DurationUnit& unit : kUnits) {
    if (text.substr(digits) != unit.name) continue;
    if (*count > std::numeric_limits<std::int64_t>::max() / unit.milliseconds) return std::nullopt;
    return std::chrono::milliseconds(*count * unit.milliseconds);
  }
  return std::nullopt;
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = Trim(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return items;
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  for (const DurationUnit& unit : kUnits) {
    if (duration.count() != 0 && duration.count() % unit.milliseconds == 0) {
      return std::to_string(duration.count() / unit.milliseconds) + std::string(unit.name);
    }
  }
  return "0s";
}

std::string FormatRange(const FieldOptions& options, RangeUnit unit) {
  if (options.minimum && options.maximum) {
    return "between " + FormatLimit(*options.minimum, unit) + " and " +
           FormatLimit(*options.maximum, unit);
  }
  if (options.minimum) return "at least " + FormatLimit(*options.minimum, unit);
  if (options.maximum) return "at most " + FormatLimit(*options.maximum, unit);
  return {};
}

bool InRange(double value, const FieldOptions& options) {
  return (!options.minimum || value >= *options.minimum) &&
         (!options.maximum || value <= *options.maximum);
}

std::string FormatChoices(const std::vector<std::string_view>& choices) {
  std::string out;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) out += i + 1 == choices.size() ? " or " : ", ";
    out += "`" + std::string(choices[i]) + "`";
  }
  return out;
}

}  // namespace vedette::config
