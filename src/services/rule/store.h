// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kit/db/database.h"
#include "services/rule/types.h"

namespace vedette::rule {

// A change to one rule, open until Commit; dropped without it, nothing happened. Changes to the
// same rule wait for each other, so that versions() still holds at Commit.
class RuleChange {
 public:
  // When this change happens: the wall clock, but after every earlier change of the rule.
  Timestamp at() const { return at_; }
  // In order of version.
  const std::vector<RuleVersion>& versions() const { return versions_; }

  // For what is written together with the change.
  db::Transaction& transaction() { return *transaction_; }

  Task<Status> Add(RuleVersion version);
  Task<Status> Apply(StatusChange change);
  Task<Status> Sign(std::string version_id, Signature signature);
  Task<Status> Attach(std::string version_id, std::string backtest_id);
  Task<Status> Commit();

 private:
  friend class RuleStore;
  RuleChange(std::unique_ptr<db::Transaction> transaction,
             Timestamp at,
             std::vector<RuleVersion> versions)
      : transaction_(std::move(transaction)), at_(at), versions_(std::move(versions)) {}

  std::unique_ptr<db::Transaction> transaction_;
  Timestamp at_;
  std::vector<RuleVersion> versions_;
};

// The tables of rule's versions. Thread-safe.
class RuleStore {
 public:
  explicit RuleStore(db::Database& database) : database_(database) {}

  Task<Result<RuleChange>> BeginChange(Deadline deadline,
                                       std::string study_id,
                                       std::string rule_id,
                                       Timestamp now);

  // In order of rule and version.
  Task<Result<std::vector<RuleVersion>>> ListStudy(Deadline deadline, std::string study_id);
  // Of one rule, in order of version.
  Task<Result<std::vector<RuleVersion>>> ListRule(Deadline deadline,
                                                  std::string study_id,
                                                  std::string rule_id);
  // Every version that is or was at work, of all studies.
  Task<Result<std::vector<RuleVersion>>> ListAtWork(Deadline deadline);
  // Of the study; unknown ids are left out.
  Task<Result<std::vector<RuleVersion>>> GetVersions(Deadline deadline,
                                                     std::string study_id,
                                                     std::vector<std::string> ids);

 private:
  db::Database& database_;
};

}  // namespace vedette::rule
