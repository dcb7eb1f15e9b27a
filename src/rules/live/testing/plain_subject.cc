// SPDX-License-Identifier: Apache-2.0
#include "rules/live/testing/plain_subject.h"

#include <algorithm>

namespace vedette::rules::testing {

PlainSubject::PlainSubject(std::shared_ptr<const Catalog> catalog, const CurrentChanges& current)
    : catalog_(std::move(catalog)) {
  std::map<std::string, std::map<std::uint64_t, FormRow>, std::less<>> forms;
  for (const auto& [identity, change] : current) {
    if ((change.flags & Observation::kAbsent) != 0) {
      continue;
    }
    const CatalogItem& item = catalog_->items[change.item];
    const double value = item.kind == ValueKind::kText ? texts_.Intern(change.text) : change.number;
    const Observation observation(change.time, change.key, value,
                                  ranges_.Intern({change.range_low, change.range_high}),
                                  change.flags);
    if (item.role != CatalogItem::Role::kFormField) {
      series_[change.item].push_back(observation);
      continue;
    }
    FormRow& row = forms[item.form][change.row];
    row.time = row.fields.empty() ? change.time : std::min(row.time, change.time);
    row.key = change.row;
    row.fields.emplace_back(change.item, observation);
    Seconds& received = row_received_[change.row];
    received = std::max(received, change.received);
  }
  for (auto& [item, series] : series_) {
    std::sort(series.begin(), series.end());
  }
  for (auto& [form, rows] : forms) {
    for (auto& [key, row] : rows) {
      std::ranges::sort(row.fields, {}, &std::pair<std::uint32_t, Observation>::first);
      rows_[form].push_back(row);
    }
    std::ranges::sort(rows_[form], {},
                      [](const FormRow& row) { return std::pair(row.time, row.key); });
  }
}

std::span<const Observation> PlainSubject::Series(std::uint32_t item) const {
  const auto found = series_.find(item);
  return found == series_.end() ? std::span<const Observation>() : found->second;
}

std::span<const FormRow> PlainSubject::Rows(std::string_view form) const {
  const auto found = rows_.find(form);
  return found == rows_.end() ? std::span<const FormRow>() : found->second;
}

const Observation* PlainSubject::Attribute(std::uint32_t item) const {
  const auto series = Series(item);
  return series.empty() ? nullptr : &series.back();
}

}  // namespace vedette::rules::testing
