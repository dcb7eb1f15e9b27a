// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/embedded_file.h"
#include "base/result.h"
#include "kit/db/database.h"
#include "services/subject/types.h"

namespace vedette::subject {

// What makes the tables, for db::Migrate.
std::span<const EmbeddedFile> Migrations();

// The tables subject_*. Thread-safe. Lists are in order of the subject number.
class SubjectStore {
 public:
  explicit SubjectStore(db::Database& database) : database_(database) {}

  // Gives the subject number it was stored under: that of the record or, when it is empty, the next
  // of the site that nobody has. kAlreadyExists when the number is taken.
  Task<Result<std::string>> Create(Deadline deadline, SubjectRecord record);

  // kNotFound when there is none.
  Task<Result<SubjectRecord>> Get(Deadline deadline, std::string id);

  // Up to `limit` subjects after the number `after`; those of `sites`, or of every site.
  Task<Result<std::vector<SubjectRecord>>> List(Deadline deadline,
                                                std::string study_id,
                                                std::optional<std::vector<std::string>> sites,
                                                std::string after,
                                                std::int64_t limit);

  // Stores those of the records (all of one study, each number once) whose number is new, unless
  // one that is there stands on another site: then kConflict, and nothing is stored.
  Task<Result<RegisterOutcome>> Register(Deadline deadline,
                                         std::string study_id,
                                         std::vector<Registration> registrations,
                                         std::vector<SubjectRecord> records);

  // Those of the study under these numbers, or ids. One statement however many.
  Task<Result<std::vector<ResolvedSubject>>> Resolve(Deadline deadline,
                                                     std::string study_id,
                                                     std::vector<std::string> subject_numbers);
  Task<Result<std::vector<SubjectRecord>>> GetMany(Deadline deadline,
                                                   std::string study_id,
                                                   std::vector<std::string> ids);

  // Whether any personal data is sealed in the store.
  Task<Result<bool>> HoldsPersonalData(Deadline deadline);

 private:
  db::Database& database_;
};

}  // namespace vedette::subject
