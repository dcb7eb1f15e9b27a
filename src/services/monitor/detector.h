// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kit/db/database.h"
#include "rules/envelope/explain.h"
#include "rules/live/alert.h"
#include "services/monitor/engine_pool.h"
#include "services/monitor/log_tables.h"
#include "services/monitor/types.h"

namespace vedette::monitor {

// One transition of one alert, with what is needed to write it down.
struct Finding {
  static constexpr std::size_t kNoBatch = SIZE_MAX;

  rules::Transition transition;
  rules::TimedRule rule;
  std::shared_ptr<const rules::Catalog> catalog;
  std::string study_id;
  LoggedSubject subject;
  std::string fired_item;  // as FiredItemText gives it
  std::string cause_item;
  std::optional<rules::Evidence> evidence;  // of what fires
  std::size_t batch = kNoBatch;             // whose event caused it
};
using Findings = std::vector<Finding>;

// An event that is in the transaction's log now.
struct Recorded {
  const PreparedEvent* event;
  const Lineage* lineage;
  std::size_t batch;
};

// The engines of the log's writer: what is detected is what the log holds, transaction by
// transaction. Each of its methods is part of one writing transaction, which Begin opens. Of one
// task.
//
// A transaction that was undone, or of which nobody knows, shows in the count that Begin is given:
// then the subjects it touched are forgotten and loaded again from the log when they are needed,
// and what the log then owes differs from the alerts on file by what is to be written. So alerts
// are raised exactly once, wherever a process ends.
class Detector {
 public:
  explicit Detector(EnginePool::Options options) : pool_(options) {}

  // `transaction`: Claim::transaction. False when the transaction before did not come to be.
  bool Begin(const std::shared_ptr<const RuleBook::Studies>& rules, std::int64_t transaction);

  // Makes every subject of these events ready for them, before they are in the log.
  Task<Result<Findings>> Prepare(db::Transaction& transaction,
                                 std::vector<Recorded> events,
                                 Timestamp now);
  // What the events change, once they are in the log. Prepare came before.
  Findings Apply(const std::vector<Recorded>& events, Timestamp now);

  // Time has gone on.
  Findings Advance(Timestamp now);

  // Loads subjects of the study that are not in memory. Differs from the alerts on file: findings.
  Task<Result<Findings>> LoadSubjects(db::Transaction& transaction,
                                      std::string study_id,
                                      std::vector<LoggedSubject> subjects,
                                      Timestamp now);
  // The next subjects that must be in memory for timers to be right, or whose alerts end with their
  // version. nullopt: no more.
  struct Cold {
    std::string study_id;
    std::vector<LoggedSubject> subjects;
  };
  Task<Result<std::optional<Cold>>> NextCold(db::Transaction& transaction, std::int64_t limit);

  EnginePool& pool() { return pool_; }

 private:
  struct Missing {
    LoggedSubject subject;
    rules::SubjectHandle handle;
  };
  Task<Result<Findings>> Load(db::Transaction& transaction,
                              EngineSlot& slot,
                              std::vector<Missing> missing,
                              Timestamp now);
  Finding MakeFinding(EngineSlot& slot,
                      rules::SubjectHandle handle,
                      rules::Transition transition) const;

  EnginePool pool_;
  std::int64_t begun_ = 0;  // the count of the latest transaction
};

}  // namespace vedette::monitor
