// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace vedette::app {

// The lines of two texts by their longest common subsequence: "- gone", "+ new", "  kept". Of texts
// up to 2,000 lines each; beyond, all of one and then all of the other.
std::string LineDifference(std::string_view before, std::string_view after);

}  // namespace vedette::app
