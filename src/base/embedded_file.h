// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace vedette {

// A text file compiled into the binary.
struct EmbeddedFile {
  std::string_view name;
  std::string_view content;
};

}  // namespace vedette
