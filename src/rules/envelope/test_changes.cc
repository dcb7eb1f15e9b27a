// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/test_changes.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "base/sha256.h"
#include "base/suggest.h"
#include "rules/envelope/test_time.h"

namespace vedette::rules {
namespace {

using Role = CatalogItem::Role;

std::uint64_t HashKey(std::string_view text) {
  const Sha256Digest digest = Sha256(text);
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < 8; ++i) key = key << 8 | digest[i];
  return key;
}

// By rule name, code, "subject.sex", "AE.AESTDT" or "form.AE.AESTDT".
const CatalogItem* FindItem(const Catalog& catalog, std::string_view name) {
  if (const CatalogItem* item = catalog.FindSeries(name)) return item;
  if (name.starts_with("subject.")) return catalog.FindAttribute(name.substr(8));
  if (name.starts_with("form.")) name.remove_prefix(5);
  if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) {
    return catalog.FindField(name.substr(0, dot), name.substr(dot + 1));
  }
  return catalog.FindByCode(name);
}

std::string UnknownItem(const Catalog& catalog, std::string_view name) {
  std::vector<std::string_view> names;
  for (const CatalogItem& item : catalog.items) names.push_back(item.name);
  const std::string_view near = Suggest(name, names);
  return "given: unknown item '" + std::string(name) + "'" +
         (near.empty() ? "" : "; did you mean '" + std::string(near) + "'?");
}

bool ReadNumber(std::string_view text, Change* change) {
  if (text.starts_with('<') || text.starts_with('>')) {
    change->flags = text[0] == '<' ? Observation::kBelow : Observation::kAbove;
    text.remove_prefix(1);
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), change->number);
  return error == std::errc() && end == text.data() + text.size();
}

bool ReadValue(const CatalogItem& item, const std::string& text, Change* change) {
  if (text == "NOT DONE") {
    change->flags = Observation::kAbsent;
    return true;
  }
  switch (item.kind) {
    case ValueKind::kNumber:
      return ReadNumber(text, change);
    case ValueKind::kText:
      change->text = text;
      return true;
    case ValueKind::kTime: {
      const std::optional<TestTime> time = ParseTestTime(text);
      if (time) change->number = static_cast<double>(time->begin);
      return time.has_value();
    }
    case ValueKind::kBoolean:
      change->number = text == "true" ? 1 : 0;
      return text == "true" || text == "false";
  }
  return false;
}

std::string_view Wanted(ValueKind kind) {
  switch (kind) {
    case ValueKind::kNumber:
      return "a number";
    case ValueKind::kText:
      return "a text";
    case ValueKind::kTime:
      return "a time as D3, D3 08:00 or 2024-01-31";
    case ValueKind::kBoolean:
      return "true or false";
  }
  return "a value";
}

std::expected<Change, std::string> MakeChange(const TestGiven& given, const Catalog& catalog) {
  const CatalogItem* item = FindItem(catalog, given.item);
  if (item == nullptr) return std::unexpected(UnknownItem(catalog, given.item));
  const std::optional<TestTime> at = ParseTestTime(given.at);
  const std::optional<TestTime> known = given.known.empty() ? at : ParseTestTime(given.known);
  if (!at || !known) {
    return std::unexpected("given: '" + given.item + "' has a time that cannot be read");
  }
  Change change{.item = catalog.IndexOf(*item), .time = at->begin, .received = known->begin};
  switch (item->role) {
    case Role::kSeries:
      change.key = HashKey(std::to_string(change.time));
      break;
    case Role::kFormField:
      change.row = HashKey(item->form + " " + (given.row.empty() ? "1" : given.row));
      change.key = change.row;
      break;
    case Role::kAttribute:
      change.key = 1;
      break;
  }
  if (given.uln) change.range_high = *given.uln;
  if (given.lln) change.range_low = *given.lln;
  if (given.value.empty()) {
    change.kind = Change::Kind::kRemove;
  } else if (!ReadValue(*item, given.value, &change)) {
    return std::unexpected("given: '" + given.item + "' takes " + std::string(Wanted(item->kind)));
  }
  return change;
}

}  // namespace

std::expected<std::vector<Change>, std::string> MakeTestChanges(std::span<const TestGiven> given,
                                                                const Catalog& catalog) {
  std::vector<std::pair<Seconds, std::size_t>> order;
  std::vector<Change> changes;
  for (const TestGiven& line : given) {
    auto change = MakeChange(line, catalog);
    if (!change) return std::unexpected(std::move(change.error()));
    order.emplace_back(change->received, changes.size());
    changes.push_back(std::move(*change));
  }
  std::ranges::sort(order);
  std::vector<Change> ordered;
  for (const auto& [received, index] : order) ordered.push_back(std::move(changes[index]));
  return ordered;
}

}  // namespace vedette::rules
