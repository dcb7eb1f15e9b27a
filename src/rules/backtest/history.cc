// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "rules/backtest/columns.h"
#include "rules/backtest/staged_item.h"
#include "rules/clinical/pools.h"

namespace vedette::rules {
namespace {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
using TextIndex = std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>>;

}  // namespace

struct History::Parts {
  struct Subject {
    std::string id;
    std::string site;
    std::optional<Period> observed;
  };

  std::vector<Subject> subjects;
  TextIndex numbers;
  std::vector<StagedItem> staged;
  std::vector<ItemColumns> items;
  std::size_t observations = 0;
  HashTextPool texts;
  bool keep_arrival = false;
  std::vector<RecordedChange> arrival;

  void NotePeriods(const ItemColumns& columns);
};

void History::Parts::NotePeriods(const ItemColumns& columns) {
  for (std::size_t subject = 0; subject < subjects.size(); ++subject) {
    const std::uint32_t begin = columns.offsets[subject];
    const std::uint32_t end = columns.offsets[subject + 1];
    if (begin == end) {
      continue;
    }
    std::optional<Period>& observed = subjects[subject].observed;
    if (!observed) {
      observed = Period{columns.time[begin], columns.time[end - 1]};
    }
    observed->first = std::min(observed->first, columns.time[begin]);
    observed->last = std::max(observed->last, columns.time[end - 1]);
  }
}

History::History(std::shared_ptr<const Catalog> catalog)
    : catalog_(std::move(catalog)), parts_(std::make_unique<Parts>()) {
  parts_->staged.resize(catalog_->items.size());
  parts_->items.resize(catalog_->items.size());
}

History::~History() = default;

std::uint32_t History::Subject(std::string_view subject_id, std::string_view site_id) {
  if (const auto found = parts_->numbers.find(subject_id); found != parts_->numbers.end()) {
    return found->second;
  }
  const auto number = static_cast<std::uint32_t>(parts_->subjects.size());
  parts_->numbers.emplace(subject_id, number);
  parts_->subjects.push_back({std::string(subject_id), std::string(site_id), std::nullopt});
  return number;
}

void History::Add(std::uint32_t subject, const Change& change) {
  if (change.item >= parts_->staged.size() || subject >= parts_->subjects.size()) {
    return;
  }
  double number = change.number;
  if (catalog_->items[change.item].kind == ValueKind::kText && change.kind == Change::Kind::kPut &&
      (change.flags & Observation::kAbsent) == 0) {
    number = parts_->texts.Intern(change.text);
  }
  parts_->staged[change.item].Add(subject, change, number);
  if (parts_->keep_arrival) {
    parts_->arrival.push_back({subject, change});
  }
}

void History::Finish() {
  parts_->observations = 0;
  for (std::size_t item = 0; item < parts_->staged.size(); ++item) {
    const bool series = catalog_->items[item].role == CatalogItem::Role::kSeries;
    ItemColumns& columns = parts_->items[item];
    columns = parts_->staged[item].Build(parts_->subjects.size());
    parts_->observations += columns.size();
    if (series) {
      parts_->NotePeriods(columns);
    }
  }
}

std::size_t History::subjects() const { return parts_->subjects.size(); }

std::string_view History::SubjectId(std::uint32_t subject) const {
  return parts_->subjects[subject].id;
}

std::string_view History::SiteId(std::uint32_t subject) const {
  return parts_->subjects[subject].site;
}

std::optional<std::uint32_t> History::FindSubject(std::string_view subject_id) const {
  const auto found = parts_->numbers.find(subject_id);
  return found == parts_->numbers.end() ? std::nullopt : std::optional(found->second);
}

std::size_t History::observations() const { return parts_->observations; }

const ItemColumns& History::Item(std::uint32_t item) const { return parts_->items[item]; }

const TextPool& History::texts() const { return parts_->texts; }

std::optional<History::Period> History::ObservedPeriod(std::uint32_t subject) const {
  return parts_->subjects[subject].observed;
}

void History::KeepArrival(bool keep) { parts_->keep_arrival = keep; }

bool History::KeepsArrival() const { return parts_->keep_arrival; }

std::span<const History::RecordedChange> History::Arrival() const { return parts_->arrival; }

}  // namespace vedette::rules
