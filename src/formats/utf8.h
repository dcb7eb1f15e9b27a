// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace vedette::formats {

// Well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, surrogates or values over U+10FFFF.
bool IsUtf8(std::string_view text) noexcept;

}  // namespace vedette::formats
