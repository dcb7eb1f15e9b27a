// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vedette::rules {

// Seconds ahead of UTC at a moment by a rule as the last line of a TZif file has it (POSIX TZ,
// with hours of -167 to 167 as RFC 8536 allows): "CET-1CEST,M3.5.0,M10.5.0/3", "<+0530>-5:30". Days
// in the form Mm.w.d only. nullopt for other text.
std::optional<std::int32_t> OffsetByRule(std::string_view rule, std::int64_t seconds);

}  // namespace vedette::rules
