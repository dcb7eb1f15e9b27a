// SPDX-License-Identifier: Apache-2.0
#include "services/rule/backtest_store.h"

#include <utility>
#include <vector>

namespace vedette::rule {
namespace {

using db::ColumnType;
using db::Params;
using db::Row;
using db::Sql;

constexpr Sql kInsert{
    "rule_insert_backtest",
    "INSERT INTO rule_backtest (id, study_id, rule_id, version, content_hash, mode, status,"
    " started_by, started_at, ended_at, error, events, anchors, records, not_evaluable, alerts,"
    " subjects, days, retracted, alerts_per_subject_month, compared_with, same, appear, disappear,"
    " unblinding)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,"
    " $10)"};
constexpr Sql kConclude{
    "rule_conclude_backtest",
    "UPDATE rule_backtest SET status = $2, ended_at = $3, error = $4, events = $5, anchors = $6,"
    " records = $7, not_evaluable = $8, alerts = $9, subjects = $10, days = $11, retracted = $12,"
    " alerts_per_subject_month = $13, compared_with = $14, same = $15, appear = $16,"
    " disappear = $17 WHERE id = $1 AND ended_at = 0"};
constexpr Sql kGet{
    "rule_get_backtest",
    "SELECT rule_id, version, content_hash, mode, status, started_by, started_at, ended_at, error,"
    " events, anchors, records, not_evaluable, alerts, subjects, days, retracted,"
    " alerts_per_subject_month, compared_with, same, appear, disappear, unblinding"
    " FROM rule_backtest WHERE id = $1 AND study_id = $2"};
constexpr Sql kGetCounts{"rule_get_backtest_counts",
                         "SELECT kind, label, records, alerts FROM rule_backtest_count"
                         " WHERE backtest_id = $1 ORDER BY kind, position"};
constexpr Sql kGetOverlaps{"rule_get_backtest_overlaps",
                           "SELECT rule_id, both_fire, only_this, only_other, earlier"
                           " FROM rule_backtest_overlap WHERE backtest_id = $1 ORDER BY rule_id"};
constexpr Sql kGetAlerts{
    "rule_get_backtest_alerts",
    "SELECT kind, subject_number, site_id, started, fired, resolved, raised_at, retracted_at"
    " FROM rule_backtest_alert WHERE backtest_id = $1 ORDER BY kind, position"};
constexpr Sql kFailUnfinished{"rule_fail_unfinished_backtests",
                              "UPDATE rule_backtest SET status = 'failed', ended_at = $1,"
                              " error = $2 WHERE ended_at = 0"};

BacktestStatus ReadStatus(const std::string& text) {
  for (const auto status : {BacktestStatus::kLoading, BacktestStatus::kRunning,
                            BacktestStatus::kDone, BacktestStatus::kCancelled}) {
    if (BacktestStatusText(status) == text) return status;
  }
  return BacktestStatus::kFailed;
}

void AddCounts(const std::string& id,
               const char* kind,
               const std::vector<CountedLabel>& counts,
               db::BulkInsert& insert) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    insert.rows.push_back({id, std::string(kind), static_cast<std::int64_t>(i), counts[i].label,
                           counts[i].records, counts[i].alerts});
  }
}

void AddAlerts(const std::string& id,
               const char* kind,
               const std::vector<FoundAlert>& alerts,
               db::BulkInsert& insert) {
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    const FoundAlert& alert = alerts[i];
    insert.rows.push_back({id, std::string(kind), static_cast<std::int64_t>(i),
                           alert.subject_number, alert.site_id, alert.started, alert.fired,
                           alert.resolved, alert.raised_at, alert.retracted_at});
  }
}

std::vector<db::BulkInsert> DetailRows(const Backtest& backtest) {
  const BacktestReport& report = backtest.report;
  db::BulkInsert counts{.name = "rule_insert_backtest_counts",
                        .table = "rule_backtest_count",
                        .columns = {{"backtest_id", ColumnType::kText},
                                    {"kind", ColumnType::kText},
                                    {"position", ColumnType::kInt},
                                    {"label", ColumnType::kText},
                                    {"records", ColumnType::kInt},
                                    {"alerts", ColumnType::kInt}}};
  AddCounts(backtest.id, "day", report.by_day, counts);
  AddCounts(backtest.id, "site", report.by_site, counts);
  AddCounts(backtest.id, "subject", report.by_subject, counts);
  db::BulkInsert overlaps{.name = "rule_insert_backtest_overlaps",
                          .table = "rule_backtest_overlap",
                          .columns = {{"backtest_id", ColumnType::kText},
                                      {"rule_id", ColumnType::kText},
                                      {"both_fire", ColumnType::kInt},
                                      {"only_this", ColumnType::kInt},
                                      {"only_other", ColumnType::kInt},
                                      {"earlier", ColumnType::kInt}}};
  for (const Overlap& one : report.overlap) {
    overlaps.rows.push_back(
        {backtest.id, one.rule_id, one.both, one.only_this, one.only_other, one.earlier});
  }
  db::BulkInsert alerts{.name = "rule_insert_backtest_alerts",
                        .table = "rule_backtest_alert",
                        .columns = {{"backtest_id", ColumnType::kText},
                                    {"kind", ColumnType::kText},
                                    {"position", ColumnType::kInt},
                                    {"subject_number", ColumnType::kText},
                                    {"site_id", ColumnType::kText},
                                    {"started", ColumnType::kInt},
                                    {"fired", ColumnType::kInt},
                                    {"resolved", ColumnType::kInt},
                                    {"raised_at", ColumnType::kInt},
                                    {"retracted_at", ColumnType::kInt}}};
  AddAlerts(backtest.id, "example", report.examples, alerts);
  AddAlerts(backtest.id, "appear", report.appear, alerts);
  AddAlerts(backtest.id, "disappear", report.disappear, alerts);
  std::vector<db::BulkInsert> inserts;
  inserts.push_back(std::move(counts));
  inserts.push_back(std::move(overlaps));
  inserts.push_back(std::move(alerts));
  return inserts;
}

Backtest ReadBacktest(const Row& row, std::string study_id, std::string id) {
  return {.id = std::move(id),
          .study_id = std::move(study_id),
          .rule_id = row.Text(0),
          .version = static_cast<std::int32_t>(row.Int(1)),
          .content_hash = row.Text(2),
          .as_known = row.Text(3) == "as_known",
          .unblinding = row.Int(22) != 0,
          .status = ReadStatus(row.Text(4)),
          .progress = row.Text(4) == "done" ? 1.0 : 0.0,
          .started_by = row.Text(5),
          .started_at = FromUnixMicros(row.Int(6)),
          .ended_at = FromUnixMicros(row.Int(7)),
          .error = row.Text(8),
          .report = {.events = row.Int(9),
                     .anchors = row.Int(10),
                     .records = row.Int(11),
                     .not_evaluable = row.Int(12),
                     .alerts = row.Int(13),
                     .subjects = row.Int(14),
                     .days = row.Int(15),
                     .retracted = row.Int(16),
                     .alerts_per_subject_month = row.Real(17),
                     .compared_with = static_cast<std::int32_t>(row.Int(18)),
                     .same = row.Int(19),
                     .appear_count = row.Int(20),
                     .disappear_count = row.Int(21)}};
}

Task<Status> ReadDetails(db::Transaction& read, Backtest* backtest) {
  BacktestReport& report = backtest->report;
  const Params id{backtest->id};
  VEDETTE_CO_TRY(auto counts, co_await read.Query(kGetCounts, id));
  for (const Row& row : counts) {
    auto& list = row.Text(0) == "day"    ? report.by_day
                 : row.Text(0) == "site" ? report.by_site
                                         : report.by_subject;
    list.push_back({row.Text(1), row.Int(2), row.Int(3)});
  }
  VEDETTE_CO_TRY(auto overlaps, co_await read.Query(kGetOverlaps, id));
  for (const Row& row : overlaps) {
    report.overlap.push_back({row.Text(0), row.Int(1), row.Int(2), row.Int(3), row.Int(4)});
  }
  VEDETTE_CO_TRY(auto alerts, co_await read.Query(kGetAlerts, id));
  for (const Row& row : alerts) {
    auto& list = row.Text(0) == "appear"      ? report.appear
                 : row.Text(0) == "disappear" ? report.disappear
                                              : report.examples;
    list.push_back(
        {row.Text(1), row.Text(2), row.Int(3), row.Int(4), row.Int(5), row.Int(6), row.Int(7)});
  }
  co_return Status{};
}

}  // namespace

Task<Status> BacktestStore::Add(Deadline deadline, Backtest backtest) {
  VEDETTE_CO_CHECK_OK(co_await database_.Query(
      deadline, kInsert,
      Params{backtest.id, backtest.study_id, backtest.rule_id, std::int64_t{backtest.version},
             backtest.content_hash, std::string(backtest.as_known ? "as_known" : "as_corrected"),
             std::string(BacktestStatusText(backtest.status)), backtest.started_by,
             ToUnixMicros(backtest.started_at), static_cast<std::int64_t>(backtest.unblinding)}));
  co_return Status{};
}

Task<Status> BacktestStore::Conclude(Deadline deadline, Backtest backtest) {
  const BacktestReport& report = backtest.report;
  VEDETTE_CO_TRY(auto transaction, co_await database_.BeginWrite(deadline));
  VEDETTE_CO_CHECK_OK(co_await transaction->Query(
      kConclude,
      Params{backtest.id, std::string(BacktestStatusText(backtest.status)),
             ToUnixMicros(backtest.ended_at), backtest.error, report.events, report.anchors,
             report.records, report.not_evaluable, report.alerts, report.subjects, report.days,
             report.retracted, report.alerts_per_subject_month, std::int64_t{report.compared_with},
             report.same, report.appear_count, report.disappear_count}));
  for (db::BulkInsert& insert : DetailRows(backtest)) {
    if (insert.rows.empty()) continue;
    VEDETTE_CO_CHECK_OK(co_await transaction->Insert(std::move(insert)));
  }
  co_return co_await transaction->Commit();
}

Task<Result<Backtest>> BacktestStore::Get(Deadline deadline, std::string study_id, std::string id) {
  VEDETTE_CO_TRY(auto read, co_await database_.BeginRead(deadline));
  VEDETTE_CO_TRY(auto rows, co_await read->Query(kGet, Params{id, study_id}));
  if (rows.empty()) co_return Fail(Code::kNotFound, "There is no such back-test.");
  Backtest backtest = ReadBacktest(rows[0], std::move(study_id), std::move(id));
  VEDETTE_CO_CHECK_OK(co_await ReadDetails(*read, &backtest));
  co_return backtest;
}

Task<Status> BacktestStore::FailUnfinished(Deadline deadline, Timestamp at, std::string error) {
  VEDETTE_CO_CHECK_OK(co_await database_.Query(deadline, kFailUnfinished,
                                               Params{ToUnixMicros(at), std::move(error)}));
  co_return Status{};
}

}  // namespace vedette::rule
