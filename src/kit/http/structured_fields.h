// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace vedette::http {

// Structured field values (RFC 8941), as far as signatures and digests need them: dictionaries of
// items and inner lists. Decimals are kept as their text.

struct SfToken {
  std::string text;
  bool operator==(const SfToken&) const = default;
};
struct SfBytes {
  std::string bytes;
  bool operator==(const SfBytes&) const = default;
};
struct SfDecimal {
  std::string text;
  bool operator==(const SfDecimal&) const = default;
};
using SfBare = std::variant<bool, std::int64_t, SfDecimal, std::string, SfToken, SfBytes>;

using SfParameters = std::vector<std::pair<std::string, SfBare>>;  // the last of a name counts

struct SfItem {
  SfBare value;
  SfParameters parameters;
};
struct SfInnerList {
  std::vector<SfItem> items;
  SfParameters parameters;
};
struct SfMember {
  std::string name;
  std::variant<SfItem, SfInnerList> value;

  const SfInnerList* list() const { return std::get_if<SfInnerList>(&value); }
  const SfBytes* bytes() const;  // null when it is none
};
using SfDictionary = std::vector<SfMember>;

// nullopt for what is no dictionary. Reads any bytes; at most 64 members, items and parameters
// each.
std::optional<SfDictionary> ParseDictionary(std::string_view text);

const SfMember* FindMember(const SfDictionary& dictionary, std::string_view name);
const SfBare* FindParameter(const SfParameters& parameters, std::string_view name);

// As RFC 8941 §4.1 writes them.
std::string Serialize(const SfItem& item);
std::string Serialize(const SfInnerList& list);

}  // namespace vedette::http
