// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/embedded_file.h"
#include "base/result.h"
#include "kit/db/database.h"
#include "services/monitor/types.h"

namespace vedette::monitor {

// The schema of monitor's tables, for db::Migrate.
std::span<const EmbeddedFile> Migrations();

using Alerts = std::vector<std::shared_ptr<const AlertRecord>>;

// What is read of the log and the alerts, and the kept rules. Thread-safe.
class MonitorStore {
 public:
  explicit MonitorStore(db::Database& database) : database_(database) {}

  // Newest first.
  Task<Result<Alerts>> ListAlerts(Deadline deadline, AlertQuery query);
  // Oldest first, with sequence > `after`.
  Task<Result<Alerts>> AlertsAfter(Deadline deadline, std::int64_t after, std::int64_t limit);
  Task<Result<Alerts>> StudyAlertsAfter(Deadline deadline,
                                        std::string study_id,
                                        SiteScope scope,
                                        std::int64_t after,
                                        std::int64_t limit);
  // The highest sequence of an alert; 0 without alerts.
  Task<Result<std::int64_t>> TopSequence(Deadline deadline);
  // kNotFound when the study has no such alert.
  Task<Result<std::shared_ptr<const AlertRecord>>> GetAlert(Deadline deadline,
                                                            std::string study_id,
                                                            Uuid id);
  Task<Result<AlertSummary>> Summarize(Deadline deadline, std::string study_id, SiteScope scope);
  struct Series {
    std::string unit;
    std::vector<SeriesPoint> points;  // oldest first
  };
  // The latest `limit` points.
  Task<Result<Series>> ReadSeries(Deadline deadline,
                                  std::string study_id,
                                  std::string subject_id,
                                  std::string item,
                                  std::int64_t limit);

  Task<Result<std::vector<KnownRule>>> LoadRules(Deadline deadline);
  // Of a version that is there already, only its period changes.
  Task<Status> PutRule(Deadline deadline, KnownRule rule);

 private:
  db::Database& database_;
};

}  // namespace vedette::monitor
