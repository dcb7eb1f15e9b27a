// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "rules/check/report.h"
#include "rules/syntax/ast.h"

namespace vedette::rules {

// The longest window: ten years.
inline constexpr std::int64_t kMaxWindowSeconds = std::int64_t{3653} * 86'400;
// The most observations that last(n) and prev(n) reach.
inline constexpr std::int64_t kMaxObservations = 1000;

// Seconds in one of days, hours, minutes, weeks; nullopt for any other name.
std::optional<std::int64_t> SecondsInUnit(std::string_view function);

// What days(14), or weeks(4) + days(3), is in seconds; nullopt for anything that is not literal.
std::optional<std::int64_t> LiteralSeconds(const Expr& expr);

// The whole number that `expr` is written as.
std::optional<std::int64_t> LiteralInteger(const Expr& expr);

// Tells what is wrong with the length of a window; `call` is the whole call. False: something is.
bool CheckWindowLength(const Expr& argument, const Type& type, const Expr& call, Report* report);

// The same for the n of last(n) and prev(n).
bool CheckObservationCount(const Expr& argument, const Expr& call, Report* report);

}  // namespace vedette::rules
