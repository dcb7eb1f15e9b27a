// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vedette::rules {

// What a character, or two, that CEL does not know was meant for: "≥" is ">=", "“" a straight
// quote. `size` bytes of the text are meant.
struct MeantCharacter {
  std::string_view meant;
  std::size_t size = 1;
};

// Of the text that begins with something CEL does not know.
std::optional<MeantCharacter> MeantBy(std::string_view rest);

}  // namespace vedette::rules
