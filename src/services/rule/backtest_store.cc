// SPDX-License-Identifier: Apache-2.0
#include "services/rule/backtest_store.h"

#include <iterator>
#include <utility>

#include "kit/queue/tables.h"
#include "migrations.embed.h"
#include "services/rule/backtest_details.h"

namespace vedette::rule {
namespace {

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
// What was taken for blinded may tell the treatment by the time it ends; never the other way.
constexpr Sql kConclude{
    "rule_conclude_backtest",
    "UPDATE rule_backtest SET status = $2, ended_at = $3, error = $4, events = $5, anchors = $6,"
    " records = $7, not_evaluable = $8, alerts = $9, subjects = $10, days = $11, retracted = $12,"
    " alerts_per_subject_month = $13, compared_with = $14, same = $15, appear = $16,"
    " disappear = $17, unblinding = CASE WHEN $18 THEN 1 ELSE unblinding END"
    " WHERE id = $1 AND ended_at = 0"};
constexpr Sql kGet{
    "rule_get_backtest",
    "SELECT rule_id, version, content_hash, mode, status, started_by, started_at, ended_at, error,"
    " events, anchors, records, not_evaluable, alerts, subjects, days, retracted,"
    " alerts_per_subject_month, compared_with, same, appear, disappear, unblinding,"
    " progress FROM rule_backtest WHERE id = $1 AND study_id = $2"};
constexpr Sql kCountUnfinished{"rule_count_unfinished_backtests",
                               "SELECT COUNT(*) FROM rule_backtest WHERE ended_at = 0"};
constexpr Sql kShowProgress{"rule_show_backtest_progress",
                            "UPDATE rule_backtest SET status = $2, progress = $3"
                            " WHERE id = $1 AND ended_at = 0 RETURNING cancel_requested"};
constexpr Sql kRequestCancel{"rule_request_backtest_cancel",
                             "UPDATE rule_backtest SET cancel_requested = TRUE"
                             " WHERE id = $1 AND study_id = $2 AND ended_at = 0"};
constexpr Sql kFailAbandoned{
    "rule_fail_abandoned_backtests",
    "UPDATE rule_backtest SET status = 'failed', ended_at = $1, error = $2 WHERE ended_at = 0"
    " AND NOT EXISTS (SELECT 1 FROM vedette_job j"
    " WHERE j.kind = $3 AND j.dedupe_key = rule_backtest.id AND j.state < 2)"};

BacktestStatus ReadStatus(const std::string& text) {
  for (const auto status : {BacktestStatus::kLoading, BacktestStatus::kRunning,
                            BacktestStatus::kDone, BacktestStatus::kCancelled}) {
    if (BacktestStatusText(status) == text) return status;
  }
  return BacktestStatus::kFailed;
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
          .progress = row.Text(4) == "done" ? 1.0 : row.Real(23),
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

}  // namespace

std::vector<EmbeddedFile> Migrations() {
  std::vector<EmbeddedFile> files(std::begin(kMigrations), std::end(kMigrations));
  files.push_back({"0007_jobs.sql", queue::kJobTables});
  return files;
}

Task<Result<std::int64_t>> BacktestStore::CountUnfinished(db::Transaction& transaction) {
  VEDETTE_CO_TRY(const auto rows, co_await transaction.Query(kCountUnfinished));
  co_return rows[0].Int(0);
}

Task<Status> BacktestStore::Add(db::Transaction& transaction, Backtest backtest) {
  VEDETTE_CO_CHECK_OK(co_await transaction.Query(
      kInsert,
      Params{backtest.id, backtest.study_id, backtest.rule_id, std::int64_t{backtest.version},
             backtest.content_hash, std::string(backtest.as_known ? "as_known" : "as_corrected"),
             std::string(BacktestStatusText(backtest.status)), backtest.started_by,
             ToUnixMicros(backtest.started_at), static_cast<std::int64_t>(backtest.unblinding)}));
  co_return Status{};
}

Task<Result<bool>> BacktestStore::Conclude(db::Transaction& transaction, Backtest backtest) {
  const BacktestReport& report = backtest.report;
  VEDETTE_CO_TRY(
      const auto changed,
      co_await transaction.Query(
          kConclude,
          Params{backtest.id, std::string(BacktestStatusText(backtest.status)),
                 ToUnixMicros(backtest.ended_at), backtest.error, report.events, report.anchors,
                 report.records, report.not_evaluable, report.alerts, report.subjects, report.days,
                 report.retracted, report.alerts_per_subject_month,
                 std::int64_t{report.compared_with}, report.same, report.appear_count,
                 report.disappear_count, backtest.unblinding}));
  if (changed.affected == 0) co_return false;
  for (db::BulkInsert& insert : DetailRows(backtest)) {
    if (insert.rows.empty()) continue;
    VEDETTE_CO_CHECK_OK(co_await transaction.Insert(std::move(insert)));
  }
  co_return true;
}

Task<Result<BacktestDemand>> BacktestStore::ShowProgress(Deadline deadline,
                                                         std::string id,
                                                         BacktestStatus status,
                                                         double progress) {
  VEDETTE_CO_TRY(const auto rows,
                 co_await database_.Query(
                     deadline, kShowProgress,
                     Params{std::move(id), std::string(BacktestStatusText(status)), progress}));
  if (rows.empty()) co_return BacktestDemand::kOver;
  co_return rows[0].Bool(0) ? BacktestDemand::kCancelRequested : BacktestDemand::kWanted;
}

Task<Result<bool>> BacktestStore::RequestCancel(db::Transaction& transaction,
                                                std::string study_id,
                                                std::string id) {
  VEDETTE_CO_TRY(const auto rows, co_await transaction.Query(
                                      kRequestCancel, Params{std::move(id), std::move(study_id)}));
  co_return rows.affected > 0;
}

Task<Result<Backtest>> BacktestStore::Get(Deadline deadline, std::string study_id, std::string id) {
  VEDETTE_CO_TRY(auto read, co_await database_.BeginRead(deadline));
  VEDETTE_CO_TRY(auto rows, co_await read->Query(kGet, Params{id, study_id}));
  if (rows.empty()) co_return Fail(Code::kNotFound, "There is no such back-test.");
  Backtest backtest = ReadBacktest(rows[0], std::move(study_id), std::move(id));
  VEDETTE_CO_CHECK_OK(co_await ReadDetails(*read, &backtest));
  co_return backtest;
}

Task<Result<std::int64_t>> BacktestStore::FailAbandoned(Deadline deadline,
                                                        Timestamp at,
                                                        std::string error) {
  VEDETTE_CO_TRY(const auto rows,
                 co_await database_.Query(
                     deadline, kFailAbandoned,
                     Params{ToUnixMicros(at), std::move(error), std::string(kBacktestJob)}));
  co_return static_cast<std::int64_t>(rows.affected);
}

}  // namespace vedette::rule
