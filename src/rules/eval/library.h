// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "rules/eval/value.h"

namespace vedette::rules {

using Arguments = std::span<const Value>;

enum class CallStyle : std::uint8_t { kGlobal = 1, kMethod = 2, kBoth = 3 };

// A function of CEL's standard library or its extensions. A method's target is its first argument.
struct LibraryFunction {
  std::string_view name;  // "size", "math.greatest"
  CallStyle style;
  Value (*call)(Arguments arguments);
  bool takes_intervals = false;  // else a number known only as an interval makes it unknown
  std::uint32_t cost = 1;        // of a call, in steps
};

// By topic.
std::span<const LibraryFunction> ConversionFunctions();
std::span<const LibraryFunction> CollectionFunctions();
std::span<const LibraryFunction> TextFunctions();
std::span<const LibraryFunction> TimeFunctions();
std::span<const LibraryFunction> MathFunctions();
std::span<const LibraryFunction> OptionalFunctions();

// What a library function makes of arguments that are neither error nor unknown; nullopt: there is
// no function of this name and style. Adds what it costs to `steps`.
std::optional<Value> CallLibrary(std::string_view name,
                                 CallStyle style,
                                 Arguments arguments,
                                 std::uint64_t& steps);

// The longest text and list a function makes: growth in one step is bounded.
inline constexpr std::size_t kTextLimit = 1 << 20;

// The whole numbers and texts of arguments; nullopt where one is something else or missing.
std::optional<std::int64_t> IntAt(Arguments arguments, std::size_t index);
const std::string* TextAt(Arguments arguments, std::size_t index);

// The string extension's format(), of a text and a list.
Value FormatText(
    Arguments arguments);  // A value as string() and %s show it; nullopt for what they do not show.
std::optional<std::string> Show(const Value& value);
// Without exponent where it stays short: "0.0045", "1", "NaN", "Infinity".
std::string ShowDouble(double value);

}  // namespace vedette::rules
