// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/monitor/v1/monitor.pb.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/embedded_file.h"
#include "base/result.h"
#include "kit/db/database.h"
#include "services/monitor/alert_types.h"

namespace vedette::monitor {

// The schema of monitor's tables, for db::Migrate.
std::vector<EmbeddedFile> Migrations();

// What is read of the log and the alerts. Thread-safe.
class MonitorStore {
 public:
  explicit MonitorStore(db::Database& database) : database_(database) {}

  // Newest first, each with its latest change.
  Task<Result<Alerts>> ListAlerts(Deadline deadline, AlertQuery query);
  // Every change with change_sequence > `after`, oldest first, as an alert that stands as that
  // change left it.
  Task<Result<Alerts>> ChangesAfter(Deadline deadline, std::int64_t after, std::int64_t limit);
  Task<Result<Alerts>> StudyChangesAfter(Deadline deadline,
                                         std::string study_id,
                                         ReaderScope scope,
                                         std::int64_t after,
                                         std::int64_t limit);
  // The highest sequence of a change; 0 without any.
  Task<Result<std::int64_t>> TopChange(Deadline deadline);
  // kNotFound when the study has no such alert.
  Task<Result<std::shared_ptr<const AlertRecord>>> GetAlert(Deadline deadline,
                                                            std::string study_id,
                                                            Uuid id);
  // Why it fired, as found out last, with what became of the observations since.
  Task<Result<v1::Evidence>> ReadEvidence(Deadline deadline,
                                          std::shared_ptr<const AlertRecord> alert);
  // Oldest first.
  Task<Result<std::vector<AlertChange>>> ReadTrail(Deadline deadline, Uuid id);
  Task<Result<AlertSummary>> Summarize(Deadline deadline, std::string study_id, ReaderScope scope);
  struct Series {
    std::string unit;
    std::vector<SeriesPoint> points;  // oldest first
  };
  // The latest `limit` points, versions that were corrected since among them.
  Task<Result<Series>> ReadSeries(Deadline deadline,
                                  std::string study_id,
                                  std::string subject_id,
                                  std::string item,
                                  bool unblinded,
                                  std::int64_t limit);
  Task<Result<std::vector<Silence>>> Silences(Deadline deadline,
                                              std::string study_id,
                                              Timestamp now);

 private:
  db::Database& database_;
};

}  // namespace vedette::monitor
