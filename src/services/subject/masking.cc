// SPDX-License-Identifier: Apache-2.0
#include "services/subject/masking.h"

#include <algorithm>

namespace vedette::subject {
namespace {

bool StartsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

}  // namespace

std::string MaskName(std::string_view name) {
  const auto characters = std::ranges::count_if(name, StartsCharacter);
  if (characters == 0) return {};
  if (characters == 1) return "*";
  const auto second = std::find_if(name.begin() + 1, name.end(), StartsCharacter);
  std::string masked(name.begin(), second);
  masked.append(static_cast<std::size_t>(std::min<std::ptrdiff_t>(characters - 1, 3)), '*');
  return masked;
}

std::string MaskMobile(std::string_view mobile) {
  if (mobile.empty()) return {};
  const std::size_t head = mobile.size() >= 11 ? 3 : 0;
  const std::size_t tail = mobile.size() >= 11 ? 4 : mobile.size() >= 6 ? 2 : 0;
  std::string masked(mobile.substr(0, head));
  masked += "****";
  masked += mobile.substr(mobile.size() - tail);
  return masked;
}

}  // namespace vedette::subject
