// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vedette::redis {

inline constexpr std::size_t kSlotCount = 16'384;

// The hash slot of a key (Redis cluster specification): CRC-16/XMODEM of the text within the first
// {}, if there is one that is not empty, else of the whole key, modulo 16384.
std::uint16_t SlotOf(std::string_view key);

}  // namespace vedette::redis
