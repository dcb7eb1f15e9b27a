// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kit/config/section.h"

namespace vedette::config {

// Values as the file writes them. nullopt for anything else: no white space, no other spelling.
std::optional<bool> ParseBool(std::string_view text);  // true, false
std::optional<std::int64_t> ParseInteger(std::string_view text);
std::optional<double> ParseNumber(std::string_view text);                       // finite
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);  // 250ms 10s 5m 1h
std::vector<std::string> SplitList(std::string_view text);  // at commas, trimmed, no empty ones

// In the largest unit that is exact: "5m", "1500ms".
std::string FormatDuration(std::chrono::milliseconds duration);

enum class RangeUnit { kNumber, kDuration };

// "between 1 and 100", "at least 1", "at most 1h", or empty without limits.
std::string FormatRange(const FieldOptions& options, RangeUnit unit);
bool InRange(double value, const FieldOptions& options);

// "`a`, `b` or `c`".
std::string FormatChoices(const std::vector<std::string_view>& choices);

}  // namespace vedette::config
