// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/clinical/observation.h"

namespace vedette::rules {

// "14d", "2h", "30m", "45s", "1w", "1d 12h" or "1d12h": whole numbers of weeks, days, hours,
// minutes and seconds, largest first, each at most once. Up to 100 years; nullopt for anything
// else.
std::optional<Seconds> ParseDuration(std::string_view text);

// The shortest text that reads back as the same: "0d", "7d", "1d12h". Weeks are days.
std::string DurationText(Seconds seconds);

}  // namespace vedette::rules
