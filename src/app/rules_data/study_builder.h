// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "app/rules_data/sdtm_folder.h"
#include "rules/catalog.h"
#include "rules/clinical/change.h"

namespace vedette::app::rules_data {

// Collects what the domains of a study say, in any order, and makes a catalog and a history of it.
class StudyBuilder {
 public:
  // Its number in changes.
  std::uint32_t AddItem(rules::CatalogItem item);
  bool HasCode(std::string_view code) const;
  // Adds a term that a list may lack.
  void AddTerm(const std::string& codelist, std::string_view term);
  void AddVisit(rules::CatalogVisit visit);
  void AddForm(rules::CatalogForm form);

  std::uint32_t AddSubject(std::string_view subject_id, std::string_view site_id);
  std::optional<std::uint32_t> FindSubject(std::string_view subject_id) const;

  void Add(std::uint32_t subject, rules::Change change);
  void CountRecord() { ++records_; }
  void CountSkipped() { ++skipped_; }
  void set_study_id(std::string_view id) { catalog_.study_id = id; }

  SdtmStudy Finish(const SdtmOptions& options);

 private:
  struct Subject {
    std::string id;
    std::string site;
  };
  struct PendingChange {
    std::uint32_t subject;
    rules::Change change;
  };

  rules::Catalog catalog_;
  std::vector<Subject> subjects_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<PendingChange> changes_;
  std::uint64_t records_ = 0;
  std::uint64_t skipped_ = 0;
};

// The identity of a record: 64 bits of SHA-256 over the parts.
std::uint64_t RecordKey(std::initializer_list<std::string_view> parts);

}  // namespace vedette::app::rules_data
