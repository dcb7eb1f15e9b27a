// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/history_subject.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace vedette::rules {

HistorySubject::HistorySubject(const History& history)
    : history_(history),
      hidden_(history.catalog().items.size(), false),
      series_(history.catalog().items.size()) {
  const std::vector<CatalogItem>& items = history.catalog().items;
  for (std::uint32_t item = 0; item < items.size(); ++item) {
    if (items[item].role == CatalogItem::Role::kFormField) {
      forms_[items[item].form].items.push_back(item);
    }
  }
}

void HistorySubject::Restrict(std::span<const std::uint32_t> items) {
  hidden_.assign(hidden_.size(), true);
  for (const std::uint32_t item : items) {
    hidden_[item] = false;
  }
  for (auto& [name, form] : forms_) {
    std::erase_if(form.items, [this](std::uint32_t item) { return hidden_[item]; });
  }
}

void HistorySubject::Select(std::uint32_t subject) {
  if (subject == subject_) {
    return;
  }
  subject_ = subject;
  for (const std::uint32_t item : built_) {
    series_[item].clear();
  }
  built_.clear();
  for (auto& [name, form] : forms_) {
    form.built = false;
    form.rows.clear();
  }
  if (ranges_used_) {
    ranges_ = HashRangeTable();
    ranges_used_ = false;
  }
}

Observation HistorySubject::Make(const ItemColumns& item, std::uint32_t row) const {
  std::uint16_t range = 0;
  const ReferenceRange limits{item.lower_limit.empty() ? std::nan("") : item.lower_limit[row],
                              item.upper_limit.empty() ? std::nan("") : item.upper_limit[row]};
  if (!std::isnan(limits.low) || !std::isnan(limits.high)) {
    range = ranges_.Intern(limits);
    ranges_used_ = true;
  }
  return {item.time[row], item.key[row], item.value[row], range,
          item.flags.empty() ? std::uint8_t{Observation::kNone} : item.flags[row]};
}

std::span<const Observation> HistorySubject::Series(std::uint32_t item) const {
  if (subject_ == kNone || hidden_[item] ||
      history_.catalog().items[item].role == CatalogItem::Role::kFormField) {
    return {};
  }
  std::vector<Observation>& series = series_[item];
  const ItemColumns& columns = history_.Item(item);
  const std::uint32_t begin = columns.offsets[subject_];
  const std::uint32_t end = columns.offsets[subject_ + 1];
  if (series.empty() && begin != end) {
    series.reserve(end - begin);
    for (std::uint32_t row = begin; row < end; ++row) {
      series.push_back(Make(columns, row));
    }
    built_.push_back(item);
  }
  return series;
}

std::span<const FormRow> HistorySubject::Rows(std::string_view form) const {
  const auto found = forms_.find(form);
  if (found == forms_.end() || subject_ == kNone) {
    return {};
  }
  if (!found->second.built) {
    BuildRows(found->second);
    found->second.built = true;
  }
  return found->second.rows;
}

void HistorySubject::BuildRows(Form& form) const {
  std::unordered_map<std::uint64_t, std::size_t> places;
  std::vector<Seconds> received;  // of each row's latest field
  for (const std::uint32_t item : form.items) {
    const ItemColumns& columns = history_.Item(item);
    for (std::uint32_t at = columns.offsets[subject_]; at < columns.offsets[subject_ + 1]; ++at) {
      const std::uint64_t key = columns.row.empty() ? 0 : columns.row[at];
      const auto [place, added] = places.emplace(key, form.rows.size());
      if (added) {
        form.rows.push_back({.key = key});
        received.push_back(0);
      }
      FormRow& row = form.rows[place->second];
      if (row.fields.empty() || row.fields.back().first != item) {
        row.fields.emplace_back(item, Make(columns, at));
      } else if (columns.received[at] >= received[place->second]) {
        row.fields.back().second = Make(columns, at);
      } else {
        continue;
      }
      received[place->second] = columns.received[at];
    }
  }
  for (FormRow& row : form.rows) {
    row.time = row.fields.front().second.time();
    for (const auto& [item, field] : row.fields) {
      row.time = std::min(row.time, field.time());
    }
  }
  std::sort(form.rows.begin(), form.rows.end(), [](const FormRow& a, const FormRow& b) {
    return a.time != b.time ? a.time < b.time : a.key < b.key;
  });
}

const Observation* HistorySubject::Attribute(std::uint32_t item) const {
  const std::span<const Observation> versions = Series(item);
  return versions.empty() ? nullptr : &versions.back();
}

}  // namespace vedette::rules
