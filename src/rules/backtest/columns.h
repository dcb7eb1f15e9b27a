// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/catalog.h"
#include "rules/clinical/change.h"
#include "rules/clinical/observation.h"
#include "rules/clinical/subject_record.h"

namespace vedette::rules {

// One item of all subjects: rows sorted by subject, then (time, key); `offsets[s]` to
// `offsets[s + 1]` are those of subject s. Numbers in the item's unit, texts as numbers of
// History::texts(), times as Seconds, booleans as 0 and 1. Only observations with a value are held.
struct ItemColumns {
  std::vector<std::uint32_t> offsets;
  std::vector<Seconds> time;
  std::vector<std::uint64_t> key;
  std::vector<double> value;
  std::vector<double> upper_limit;  // empty: no observation has one
  std::vector<double> lower_limit;
  std::vector<std::uint8_t> flags;  // empty: all exact
  std::vector<std::uint64_t> row;   // of form fields, else empty
  std::vector<Seconds> received;
  bool sorted = false;

  std::size_t size() const { return time.size(); }
};

// A study's history as columns: what is currently true (the latest version of each observation).
// Filled once, then read by any number of threads.
class History {
 public:
  explicit History(std::shared_ptr<const Catalog> catalog);
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // The number of a subject, new or known.
  std::uint32_t Subject(std::string_view subject_id, std::string_view site_id);
  void Add(std::uint32_t subject, const Change& change);  // in order of `received`
  // Sorts and builds offsets; nothing is added after it.
  void Finish();

  const Catalog& catalog() const { return *catalog_; }
  std::shared_ptr<const Catalog> shared_catalog() const { return catalog_; }
  std::size_t subjects() const;
  std::string_view SubjectId(std::uint32_t subject) const;
  std::string_view SiteId(std::uint32_t subject) const;
  std::optional<std::uint32_t> FindSubject(std::string_view subject_id) const;
  std::size_t observations() const;
  const ItemColumns& Item(std::uint32_t item) const;
  const TextPool& texts() const;
  // From the first to the last observation of any series; nullopt when there is none.
  struct Period {
    Seconds first = 0;
    Seconds last = 0;
  };
  std::optional<Period> ObservedPeriod(std::uint32_t subject) const;
  // The changes as they became known, when they were kept (as-known).
  struct RecordedChange {
    std::uint32_t subject;
    Change change;
  };
  void KeepArrival(bool keep);  // before the first Add
  bool KeepsArrival() const;
  std::span<const RecordedChange> Arrival() const;

 private:
  struct Parts;
  std::shared_ptr<const Catalog> catalog_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace vedette::rules
