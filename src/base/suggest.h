// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace vedette {

// Inserting, deleting or replacing one character, or swapping two neighbours, costs 1 (optimal
// string alignment). Bytes, case-sensitive. Stops early: anything above `limit` is answered as
// limit + 1.
std::size_t EditDistance(std::string_view a, std::string_view b, std::size_t limit);

// The candidate nearest to `text`, for "did you mean …?"; empty when none is near enough to help:
// at most a third of its length apart (at least 1). Letters' case does not count as a difference.
std::string_view Suggest(std::string_view text, std::span<const std::string_view> candidates);

}  // namespace vedette
