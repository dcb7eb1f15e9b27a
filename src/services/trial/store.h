// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/embedded_file.h"
#include "base/result.h"
#include "kit/db/database.h"
#include "services/trial/policy.h"
#include "services/trial/types.h"

namespace vedette::trial {

// What makes the tables, for db::Migrate.
std::span<const EmbeddedFile> Migrations();

// A change to one study, open until Commit; dropped without it, nothing happened. Changes to the
// same study wait for each other from the start, so that what is read here still holds at Commit.
class StudyChange {
 public:
  // The study's revision once this is committed.
  std::int64_t revision() const { return revision_; }

  Task<Result<std::vector<Site>>> Sites();
  Task<Result<std::vector<Item>>> Items();
  Task<Status> PutSites(Changes<Site> changes);
  Task<Status> PutItems(Changes<Item> changes);
  Task<Result<Design>> GetDesign();
  // In place of what is there.
  Task<Status> PutDesign(Design design);
  Task<Status> Commit();

 private:
  friend class TrialStore;
  StudyChange(std::unique_ptr<db::Transaction> transaction,
              std::string study_id,
              std::int64_t revision)
      : transaction_(std::move(transaction)), study_id_(std::move(study_id)), revision_(revision) {}

  std::unique_ptr<db::Transaction> transaction_;
  std::string study_id_;
  std::int64_t revision_;
};

// The tables trial_*. Thread-safe. Lists are in order of id or code. A study that is not there is
// kNotFound.
class TrialStore {
 public:
  explicit TrialStore(db::Database& database) : database_(database) {}

  // kAlreadyExists when the id is taken.
  Task<Status> CreateStudy(Deadline deadline, Study study);
  Task<Result<Study>> GetStudy(Deadline deadline, std::string study_id);
  Task<Result<std::vector<Study>>> ListStudies(Deadline deadline);
  Task<Result<std::vector<Site>>> ListSites(Deadline deadline, std::string study_id);
  // Items and revision of one moment.
  Task<Result<Dictionary>> ListItems(Deadline deadline, std::string study_id);

  // Empty when none was put.
  Task<Result<RevisedDesign>> GetDesign(Deadline deadline, std::string study_id);

  // Grows the study's revision.
  Task<Result<StudyChange>> BeginChange(Deadline deadline, std::string study_id);

 private:
  db::Database& database_;
};

}  // namespace vedette::trial
