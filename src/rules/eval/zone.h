// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vedette::rules {

// Seconds that the clocks of a zone are ahead of UTC at a moment (seconds since the epoch). Zones:
// "UTC", "Z", "+05:30", "-08:00", "05:30", or a name of the IANA database as this machine has it
// ("Europe/Berlin"). nullopt for any other text, and where the database's file is damaged.
std::optional<std::int32_t> ZoneOffset(std::string_view zone, std::int64_t seconds);

// The same from the content of a TZif file (RFC 8536, version 2 and above). Survives any bytes.
std::optional<std::int32_t> OffsetInZoneFile(std::string_view file, std::int64_t seconds);

}  // namespace vedette::rules
