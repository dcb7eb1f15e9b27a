// SPDX-License-Identifier: Apache-2.0
#include "services/rule/backtest_details.h"

#include <string>
#include <utility>

namespace vedette::rule {
namespace {

using db::ColumnType;
using db::Params;
using db::Row;
using db::Sql;

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

}  // namespace

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

}  // namespace vedette::rule
