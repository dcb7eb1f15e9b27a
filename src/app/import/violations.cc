// SPDX-License-Identifier: Apache-2.0
#include "app/import/violations.h"

#include <charconv>

namespace vedette::importing {
namespace {

struct Place {
  std::size_t index;
  std::string_view field;
};

std::optional<Place> FindPlace(std::string_view path, std::string_view list) {
  if (!path.starts_with(list)) return std::nullopt;
  path.remove_prefix(list.size());
  if (!path.starts_with('[')) return std::nullopt;
  std::size_t index = 0;
  const auto [stop, error] = std::from_chars(path.data() + 1, path.data() + path.size(), index);
  if (error != std::errc() || stop == path.data() + path.size() || *stop != ']') {
    return std::nullopt;
  }
  path.remove_prefix(static_cast<std::size_t>(stop - path.data()) + 1);
  if (path.empty()) return Place{index, path};
  if (path[0] != '.') return std::nullopt;
  return Place{index, path.substr(1)};
}

}  // namespace

std::optional<std::map<std::size_t, ElementFault>> FaultsByElement(const Error& error,
                                                                   std::string_view list,
                                                                   std::size_t size) {
  if (error.violations.empty()) return std::nullopt;
  std::map<std::size_t, ElementFault> faults;
  for (const FieldViolation& violation : error.violations) {
    const auto place = FindPlace(violation.field, list);
    if (!place || place->index >= size) return std::nullopt;
    const auto [fault, is_new] = faults.try_emplace(place->index);
    if (is_new) {
      fault->second = {std::string(place->field), violation.description};
    } else {
      fault->second.reason += "; ";
      if (!place->field.empty()) fault->second.reason.append(place->field).append(": ");
      fault->second.reason += violation.description;
    }
  }
  return faults;
}

}  // namespace vedette::importing
