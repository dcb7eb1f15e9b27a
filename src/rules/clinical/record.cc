// SPDX-License-Identifier: Apache-2.0
#include "rules/clinical/record.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vedette::rules {
namespace {

constexpr Seconds kEarliest = -2'208'988'800;  // 1900-01-01
constexpr Seconds kLatest = 7'258'118'399;     // 2199-12-31

std::vector<std::uint32_t> AllItems(const Catalog& catalog) {
  std::vector<std::uint32_t> items(catalog.items.size());
  std::iota(items.begin(), items.end(), 0U);
  return items;
}

}  // namespace

RecordLayout::RecordLayout(std::shared_ptr<const Catalog> catalog,
                           std::span<const std::uint32_t> items)
    : catalog_(std::move(catalog)),
      place_(catalog_->items.size(), kNotKept),
      is_field_(catalog_->items.size(), false) {
  for (const std::uint32_t item : items) {
    const CatalogItem& entry = catalog_->items[item];
    if (entry.role != CatalogItem::Role::kFormField) {
      place_[item] = place_[item] == kNotKept ? series_++ : place_[item];
      continue;
    }
    is_field_[item] = true;
    auto place = std::ranges::find(form_names_, entry.form);
    if (place == form_names_.end()) {
      form_names_.push_back(entry.form);
      place = form_names_.end() - 1;
    }
    place_[item] = static_cast<std::uint32_t>(place - form_names_.begin());
  }
}

RecordLayout::RecordLayout(std::shared_ptr<const Catalog> catalog)
    : RecordLayout(catalog, AllItems(*catalog)) {}

std::uint32_t RecordLayout::FormPlace(std::string_view form) const {
  const auto place = std::ranges::find(form_names_, form);
  return place == form_names_.end() ? kNotKept
                                    : static_cast<std::uint32_t>(place - form_names_.begin());
}

const Observation* FormRow::Find(std::uint32_t item) const {
  const auto field =
      std::ranges::lower_bound(fields, item, {}, &std::pair<std::uint32_t, Observation>::first);
  return field == fields.end() || field->first != item ? nullptr : &field->second;
}

SubjectRecord::SubjectRecord(const RecordPools* pools)
    : pools_(pools),
      series_(std::make_unique<CompactArray<Observation>[]>(pools->layout->series())) {}

std::span<const Observation> SubjectRecord::Series(std::uint32_t item) const {
  const RecordLayout& layout = *pools_->layout;
  if (!layout.Keeps(item) || layout.IsField(item)) {
    return {};
  }
  return series_[layout.PlaceOf(item)].span();
}

std::span<const FormRow> SubjectRecord::Rows(std::string_view form) const {
  const std::uint32_t place = pools_->layout->FormPlace(form);
  if (place == RecordLayout::kNotKept || forms_ == nullptr) {
    return {};
  }
  return forms_[place].rows;
}

const Observation* SubjectRecord::Attribute(std::uint32_t item) const {
  const auto series = Series(item);
  return series.empty() ? nullptr : &series.back();
}

std::uint32_t SubjectRecord::Position(std::span<const Observation> series,
                                      Seconds time,
                                      std::uint64_t key) {
  const Observation probe(time, key, 0, 0, 0);
  if (series.empty() || series.back() < probe) {
    return static_cast<std::uint32_t>(series.size());
  }
  return static_cast<std::uint32_t>(std::lower_bound(series.begin(), series.end(), probe) -
                                    series.begin());
}

const Observation* SubjectRecord::FindKey(std::uint32_t item, std::uint64_t key) const {
  const RecordLayout& layout = *pools_->layout;
  if (!layout.Keeps(item)) {
    return nullptr;
  }
  if (layout.IsField(item)) {
    if (forms_ == nullptr) {
      return nullptr;
    }
    for (const FormRow& row : forms_[layout.PlaceOf(item)].rows) {
      const Observation* field = row.Find(item);
      if (field != nullptr && field->key() == key) {
        return field;
      }
    }
    return nullptr;
  }
  const auto series = Series(item);
  for (std::size_t i = series.size(); i-- > 0;) {
    if (series[i].key() == key) {
      return &series[i];
    }
  }
  return nullptr;
}

std::optional<Observation> SubjectRecord::Convert(const Change& change) {
  if (change.kind == Change::Kind::kRemove || (change.flags & Observation::kAbsent) != 0 ||
      change.time < kEarliest || change.time > kLatest) {
    return std::nullopt;
  }
  double value = change.number;
  if (catalog().items[change.item].kind == ValueKind::kText) {
    value = static_cast<double>(pools_->texts->Intern(change.text));
  } else if (std::isnan(value)) {
    return std::nullopt;
  }
  const std::uint16_t range = pools_->ranges->Intern({change.range_low, change.range_high});
  return Observation(change.time, change.key, value, range, change.flags);
}

RecordEffect SubjectRecord::Apply(const Change& change) {
  const RecordLayout& layout = *pools_->layout;
  if (!layout.Keeps(change.item)) {
    return {};
  }
  return layout.IsField(change.item) ? ApplyToField(change) : ApplyToSeries(change);
}

RecordEffect SubjectRecord::ApplyToSeries(const Change& change) {
  CompactArray<Observation>& series = series_[pools_->layout->PlaceOf(change.item)];
  RecordEffect effect;
  if (!change.first_version) {
    if (const Observation* old = FindKey(change.item, change.key); old != nullptr) {
      effect.removed = *old;
      series.Erase(static_cast<std::uint32_t>(old - series.begin()), 1);
    }
  }
  effect.inserted = Convert(change);
  if (!effect.inserted) {
    return effect;
  }
  const std::uint32_t at = Position(series.span(), change.time, change.key);
  if (at < series.size() && series[at].time() == change.time && series[at].key() == change.key) {
    effect.removed = series[at];
    series[at] = *effect.inserted;
    return effect;
  }
  series.Insert(at, *effect.inserted);
  return effect;
}

RecordEffect SubjectRecord::ApplyToField(const Change& change) {
  if (forms_ == nullptr) {
    forms_ = std::make_unique<Form[]>(pools_->layout->forms());
  }
  std::vector<FormRow>& rows = forms_[pools_->layout->PlaceOf(change.item)].rows;
  const auto settle = [&rows](FormRow row) {
    if (row.fields.empty()) {
      return;
    }
    row.time = row.fields.front().second.time();
    for (const auto& [item, field] : row.fields) {
      row.time = std::min(row.time, field.time());
    }
    const auto before = [](const FormRow& a, const FormRow& b) {
      return a.time != b.time ? a.time < b.time : a.key < b.key;
    };
    rows.insert(std::lower_bound(rows.begin(), rows.end(), row, before), std::move(row));
  };
  // Rows are few: taken out, changed, and put back where they now belong.
  const auto take = [&rows](auto which) {
    FormRow row = std::move(*which);
    rows.erase(which);
    return row;
  };
  RecordEffect effect;
  for (auto row = rows.begin(); row != rows.end(); ++row) {
    const Observation* field = row->Find(change.item);
    if (field != nullptr && field->key() == change.key) {
      effect.removed = *field;
      effect.row = row->key;
      FormRow changed = take(row);
      std::erase_if(changed.fields, [&](const auto& entry) { return entry.first == change.item; });
      settle(std::move(changed));
      break;
    }
  }
  effect.inserted = Convert(change);
  if (!effect.inserted) {
    return effect;
  }
  const auto known = std::ranges::find(rows, change.row, &FormRow::key);
  FormRow row;
  if (known != rows.end()) {
    row = take(known);
  }
  row.key = change.row;
  const auto at = std::ranges::lower_bound(row.fields, change.item, {},
                                           &std::pair<std::uint32_t, Observation>::first);
  if (at != row.fields.end() && at->first == change.item) {
    if (!effect.removed) {
      effect.removed = at->second;
      effect.row = change.row;
    }
    at->second = *effect.inserted;
  } else {
    row.fields.emplace(at, change.item, *effect.inserted);
  }
  settle(std::move(row));
  return effect;
}

void SubjectRecord::Assign(std::uint32_t item, std::span<const Observation> observations) {
  series_[pools_->layout->PlaceOf(item)].Assign(observations);
}

void SubjectRecord::Drop(std::uint32_t item, std::uint32_t from, std::uint32_t count) {
  CompactArray<Observation>& series = series_[pools_->layout->PlaceOf(item)];
  series.Erase(from, count);
  series.Shrink();
}

std::size_t SubjectRecord::observations() const {
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < pools_->layout->series(); ++i) {
    count += series_[i].size();
  }
  if (forms_ != nullptr) {
    for (std::uint32_t i = 0; i < pools_->layout->forms(); ++i) {
      for (const FormRow& row : forms_[i].rows) {
        count += row.fields.size();
      }
    }
  }
  return count;
}

std::size_t SubjectRecord::bytes() const {
  std::size_t total = pools_->layout->series() * sizeof(CompactArray<Observation>) + 16;
  for (std::uint32_t i = 0; i < pools_->layout->series(); ++i) {
    total += series_[i].bytes();
  }
  if (forms_ != nullptr) {
    total += pools_->layout->forms() * sizeof(Form) + 16;
    for (std::uint32_t i = 0; i < pools_->layout->forms(); ++i) {
      total += forms_[i].rows.capacity() * sizeof(FormRow) + 16;
      for (const FormRow& row : forms_[i].rows) {
        total += row.fields.capacity() * sizeof(row.fields[0]) + 16;
      }
    }
  }
  return total;
}

}  // namespace vedette::rules
