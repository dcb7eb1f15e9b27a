// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vedette::http {

// RFC 3986 §2.1; nullopt for a "%" without two hexadecimal digits. "+" stays "+".
std::optional<std::string> PercentDecode(std::string_view text);

}  // namespace vedette::http
