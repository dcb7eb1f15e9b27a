// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace vedette::app {

inline constexpr std::string_view kVersion = VEDETTE_VERSION;

}  // namespace vedette::app
