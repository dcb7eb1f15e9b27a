// SPDX-License-Identifier: Apache-2.0
#include "app/rules_data/study_builder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/sha256.h"

namespace vedette::app::rules_data {

using rules::Catalog;
using rules::Change;
using rules::kDay;
using rules::Seconds;

std::uint32_t StudyBuilder::AddItem(rules::CatalogItem item) {
  catalog_.items.push_back(std::move(item));
  return static_cast<std::uint32_t>(catalog_.items.size() - 1);
}

bool StudyBuilder::HasCode(std::string_view code) const {
  return std::ranges::find(catalog_.items, code, &rules::CatalogItem::code) != catalog_.items.end();
}

void StudyBuilder::AddTerm(const std::string& codelist, std::string_view term) {
  std::vector<std::string>& terms = catalog_.codelists[codelist];
  if (!term.empty() && std::ranges::find(terms, term) == terms.end()) terms.emplace_back(term);
}

void StudyBuilder::AddVisit(rules::CatalogVisit visit) {
  catalog_.visits.push_back(std::move(visit));
}

void StudyBuilder::AddForm(rules::CatalogForm form) { catalog_.forms.push_back(std::move(form)); }

std::uint32_t StudyBuilder::AddSubject(std::string_view subject_id, std::string_view site_id) {
  const auto [entry, is_new] =
      numbers_.try_emplace(std::string(subject_id), static_cast<std::uint32_t>(subjects_.size()));
  if (is_new) subjects_.push_back({std::string(subject_id), std::string(site_id)});
  return entry->second;
}

std::optional<std::uint32_t> StudyBuilder::FindSubject(std::string_view subject_id) const {
  const auto found = numbers_.find(std::string(subject_id));
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

void StudyBuilder::Add(std::uint32_t subject, Change change) {
  changes_.push_back({subject, std::move(change)});
}

SdtmStudy StudyBuilder::Finish(const SdtmOptions& options) {
  for (const auto& [name, terms] : options.codelists) {
    for (const std::string& term : terms) AddTerm(name, term);
  }
  std::ranges::sort(catalog_.visits, {}, [](const rules::CatalogVisit& visit) {
    return std::pair(visit.day, std::string_view(visit.code));
  });
  catalog_.visit_reference = "reference";
  catalog_.Finish();
  SdtmStudy study;
  study.catalog = std::make_shared<const Catalog>(std::move(catalog_));
  study.history = std::make_unique<rules::History>(study.catalog);
  study.history->KeepArrival(options.keep_arrival);
  for (const Subject& subject : subjects_) study.history->Subject(subject.id, subject.site);
  std::vector<std::pair<Seconds, std::size_t>> arrival;
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    arrival.emplace_back(changes_[i].change.received, i);
  }
  std::ranges::sort(arrival);
  for (const auto& [received, index] : arrival) {
    const PendingChange& pending = changes_[index];
    study.history->Add(pending.subject, pending.change);
    study.cutoff = std::max(study.cutoff, pending.change.time + kDay);
  }
  study.history->Finish();
  study.records = records_;
  study.skipped = skipped_;
  return study;
}

std::uint64_t RecordKey(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text.append(part).push_back('\0');
  const Sha256Digest digest = Sha256(text);
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < 8; ++i) key = key << 8 | digest[i];
  return key;
}

}  // namespace vedette::app::rules_data
