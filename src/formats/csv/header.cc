// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/header.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace vedette::formats::csv {
namespace {

constexpr std::size_t kMaxNameSize = 64;
constexpr std::size_t kMaxNamesShown = 40;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Values that stand where names should must not get into an error text.
bool LooksLikeName(std::string_view text) {
  if (text.empty() || text.size() > kMaxNameSize || !(IsLetter(text[0]) || text[0] == '_')) {
    return false;
  }
  return std::ranges::all_of(text, [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '_' || c == '-' || c == '.' || c == ' ';
  });
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string CanonicalName(std::string_view name) {
  std::string canonical;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      canonical += static_cast<char>(c - 'A' + 'a');
    } else if (IsLetter(c) || IsDigit(c) || static_cast<unsigned char>(c) >= 0x80) {
      canonical += c;
    }
  }
  return canonical;
}

Result<Header> Header::Make(std::vector<std::string> names) {
  Header header;
  header.names_ = std::move(names);
  bool any = false;
  for (std::size_t i = 0; i < header.names_.size(); ++i) {
    std::string canonical = CanonicalName(header.names_[i]);
    if (!canonical.empty()) {
      any = true;
      const auto same = std::ranges::find(header.canonical_, canonical);
      if (same != header.canonical_.end()) {
        const auto first = static_cast<std::size_t>(same - header.canonical_.begin());
        std::string message = "Columns " + std::to_string(first + 1) + " and " +
                              std::to_string(i + 1) + " have the same name";
        if (LooksLikeName(header.names_[i])) message += ": " + header.names_[i];
        return Fail(Code::kInvalidArgument, message + ".");
      }
    }
    header.canonical_.push_back(std::move(canonical));
  }
  if (!any) return Fail(Code::kInvalidArgument, "The first line holds no column names.");
  return header;
}

std::optional<std::size_t> Header::Find(std::string_view name) const {
  const auto found = std::ranges::find(canonical_, CanonicalName(name));
  if (found == canonical_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - canonical_.begin());
}

Result<std::vector<std::size_t>> Header::Require(std::span<const std::string_view> names) const {
  std::vector<std::size_t> positions;
  std::string missing;
  for (const std::string_view name : names) {
    if (const auto position = Find(name)) {
      positions.push_back(*position);
      continue;
    }
    if (!missing.empty()) missing += ", ";
    missing += name;
    const std::string canonical = CanonicalName(name);
    std::size_t best = std::max<std::size_t>(2, canonical.size() / 3) + 1;
    const std::string* closest = nullptr;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (!LooksLikeName(names_[i])) continue;
      const std::size_t distance = EditDistance(canonical, canonical_[i]);
      if (distance < best) {
        best = distance;
        closest = &names_[i];
      }
    }
    if (closest != nullptr) missing += " (close to it: " + *closest + ")";
  }
  if (missing.empty()) return positions;

  std::string found;
  std::size_t shown = 0;
  for (const std::string& name : names_) {
    if (!LooksLikeName(name)) continue;
    if (shown++ == kMaxNamesShown) {
      found += ", …";
      break;
    }
    if (!found.empty()) found += ", ";
    found += name;
  }
  const auto no_names = static_cast<std::size_t>(
      std::ranges::count_if(names_, [](const std::string& name) { return !LooksLikeName(name); }));
  if (no_names * 2 > names_.size()) {
    return Fail(Code::kInvalidArgument, "Missing columns: " + missing +
                                            ". The first line does not look like column names.");
  }
  return Fail(Code::kInvalidArgument, "Missing columns: " + missing + ". Found: " + found + ".");
}

}  // namespace vedette::formats::csv
