// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace vedette::cache {

// What an entry says: "=" and a value, or "*" and why there is none.
enum class EntryKind { kValue, kNotFound, kCorrupt };

struct OpenedEntry {
  EntryKind kind = EntryKind::kCorrupt;
  std::string_view body;
};

inline std::string ValueEntry(std::string_view value) { return std::string("=").append(value); }
inline std::string NotFoundEntry(std::string_view message) {
  return std::string("*").append(message);
}

// `entry` outlives the answer.
inline OpenedEntry OpenEntry(std::string_view entry) {
  if (entry.empty()) return {};
  const std::string_view body = entry.substr(1);
  if (entry[0] == '=') return {EntryKind::kValue, body};
  if (entry[0] == '*') return {EntryKind::kNotFound, body};
  return {};
}

}  // namespace vedette::cache
