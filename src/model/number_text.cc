// SPDX-License-Identifier: Apache-2.0
#include "model/number_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace vedette {

std::string NumberText(double number) {
  std::array<char, 64> buffer{};
  const double size = std::fabs(number);
  const bool plain = number == 0 || (size >= 1e-6 && size < 1e21);
  const auto written = plain ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                             std::chars_format::fixed)
                             : std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                             std::chars_format::scientific);
  return {buffer.data(), written.ptr};
}

}  // namespace vedette
