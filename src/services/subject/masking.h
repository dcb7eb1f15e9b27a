// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace vedette::subject {

// The first character and three stars at most: "张*", "J***". A name of one character is hidden
// whole. `name` is UTF-8.
std::string MaskName(std::string_view name);

// "138****1234". At least four characters are hidden; a short number shows its last two only. The
// stars say nothing of the length.
std::string MaskMobile(std::string_view mobile);

}  // namespace vedette::subject
