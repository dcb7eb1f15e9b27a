// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/store.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "migrations.embed.h"
#include "services/monitor/columns.h"

namespace vedette::monitor {
namespace {

using db::kNull;
using db::Params;
using db::Row;
using db::Rows;
using db::Sql;
using db::Value;

// $2 is "*", or the sites as "|701|702|"; replace() finds one exactly, in both dialects alike.
#define VEDETTE_MONITOR_IN_SCOPE "($2 = '*' OR replace($2, '|' || site_id || '|', '') <> $2)"

// Compared as a pair, study and sequence make PostgreSQL walk the index from its end even while it
// has no statistics of the table; as two conditions it would sort all alerts of the study first.
constexpr Sql kListAlerts{"monitor_list_alerts",
                          "SELECT " VEDETTE_MONITOR_ALERT_COLUMNS
                          " FROM monitor_alert WHERE study_id >= $1"
                          " AND (study_id, sequence) < ($1, $3) AND " VEDETTE_MONITOR_IN_SCOPE
                          " AND ($4 = '' OR rule_id = $4)"
                          " ORDER BY study_id DESC, sequence DESC LIMIT $5"};
constexpr Sql kAlertsAfter{"monitor_alerts_after",
                           "SELECT " VEDETTE_MONITOR_ALERT_COLUMNS
                           " FROM monitor_alert WHERE sequence > $1 ORDER BY sequence LIMIT $2"};
constexpr Sql kStudyAlertsAfter{"monitor_study_alerts_after",
                                "SELECT " VEDETTE_MONITOR_ALERT_COLUMNS
                                " FROM monitor_alert WHERE study_id <= $1"
                                " AND (study_id, sequence) > ($1, $3)"
                                " AND " VEDETTE_MONITOR_IN_SCOPE
                                " ORDER BY study_id, sequence LIMIT $4"};
constexpr Sql kTopSequence{"monitor_top_sequence",
                           "SELECT COALESCE(MAX(sequence), 0) FROM monitor_alert"};
constexpr Sql kGetAlert{"monitor_get_alert", "SELECT " VEDETTE_MONITOR_ALERT_COLUMNS
                                             " FROM monitor_alert WHERE id = $1 AND study_id = $2"};
constexpr Sql kCountAlerts{"monitor_count_alerts",
                           "SELECT COUNT(*), COUNT(DISTINCT subject_id) FROM monitor_alert"
                           " WHERE study_id = $1 AND " VEDETTE_MONITOR_IN_SCOPE};
constexpr Sql kCountByRule{"monitor_count_by_rule",
                           "SELECT rule_id, COUNT(*), COUNT(DISTINCT subject_id) FROM monitor_alert"
                           " WHERE study_id = $1 AND " VEDETTE_MONITOR_IN_SCOPE
                           " GROUP BY rule_id ORDER BY rule_id"};
constexpr Sql kCountBySite{"monitor_count_by_site",
                           "SELECT site_id, COUNT(*), COUNT(DISTINCT subject_id) FROM monitor_alert"
                           " WHERE study_id = $1 AND " VEDETTE_MONITOR_IN_SCOPE
                           " GROUP BY site_id ORDER BY site_id"};
constexpr Sql kCountEvents{"monitor_count_events",
                           "SELECT CAST(COALESCE(SUM(events), 0) AS BIGINT) FROM monitor_site_count"
                           " WHERE study_id = $1 AND " VEDETTE_MONITOR_IN_SCOPE};
#undef VEDETTE_MONITOR_IN_SCOPE

constexpr Sql kReadSeries{
    "monitor_read_series",
    "SELECT id, event_time, number, comparator, text_value, absent_reason, unit FROM monitor_event"
    " WHERE subject_id = $1 AND item = $2 AND study_id = $3"
    " ORDER BY event_time DESC, sequence DESC LIMIT $4"};
constexpr Sql kReadSeriesAlerts{
    "monitor_read_series_alerts",
    "SELECT event_id, id FROM monitor_alert WHERE subject_id = $1 AND item = $2 AND study_id = $3"
    " AND event_time >= $4 ORDER BY sequence"};
constexpr Sql kLoadRules{
    "monitor_load_rules",
    "SELECT version_id, study_id, rule_id, version, name, item, comparison, threshold, unit,"
    " severity, message, content_hash, active_from, active_until, covered"
    " FROM monitor_active_rule ORDER BY version_id"};
constexpr Sql kPutRule{
    "monitor_put_rule",
    "INSERT INTO monitor_active_rule (version_id, study_id, rule_id, version, name, item,"
    " comparison, threshold, unit, severity, message, content_hash, active_from, active_until,"
    " covered) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    " ON CONFLICT (version_id) DO UPDATE SET active_from = excluded.active_from,"
    " active_until = excluded.active_until"};

std::string ScopeText(const SiteScope& scope) {
  if (scope.all) return "*";
  std::string text = "|";
  for (const std::string& site : scope.sites) text.append(site).append("|");
  return text;
}

Alerts ReadAlerts(const Rows& rows) {
  Alerts alerts;
  alerts.reserve(rows.size());
  for (const Row& row : rows) alerts.push_back(std::make_shared<const AlertRecord>(ReadAlert(row)));
  return alerts;
}

std::vector<AlertCount> ReadCounts(const Rows& rows) {
  std::vector<AlertCount> counts;
  counts.reserve(rows.size());
  for (const Row& row : rows) counts.push_back({row.Text(0), row.Int(1), row.Int(2)});
  return counts;
}

std::int64_t Number(auto enumerator) { return static_cast<std::int64_t>(enumerator); }

}  // namespace

std::span<const EmbeddedFile> Migrations() { return kMigrations; }

bool SiteScope::Contains(std::string_view site) const {
  return all || std::ranges::find(sites, site) != sites.end();
}

Task<Result<Alerts>> MonitorStore::ListAlerts(Deadline deadline, AlertQuery query) {
  const std::int64_t before =
      query.before == 0 ? std::numeric_limits<std::int64_t>::max() : query.before;
  VEDETTE_CO_TRY(const auto rows,
                 co_await database_.Query(deadline, kListAlerts,
                                          Params{std::move(query.study_id), ScopeText(query.scope),
                                                 before, std::move(query.rule_id), query.limit}));
  co_return ReadAlerts(rows);
}

Task<Result<Alerts>> MonitorStore::AlertsAfter(Deadline deadline,
                                               std::int64_t after,
                                               std::int64_t limit) {
  VEDETTE_CO_TRY(const auto rows,
                 co_await database_.Query(deadline, kAlertsAfter, Params{after, limit}));
  co_return ReadAlerts(rows);
}

Task<Result<Alerts>> MonitorStore::StudyAlertsAfter(Deadline deadline,
                                                    std::string study_id,
                                                    SiteScope scope,
                                                    std::int64_t after,
                                                    std::int64_t limit) {
  VEDETTE_CO_TRY(const auto rows, co_await database_.Query(
                                      deadline, kStudyAlertsAfter,
                                      Params{std::move(study_id), ScopeText(scope), after, limit}));
  co_return ReadAlerts(rows);
}

Task<Result<std::int64_t>> MonitorStore::TopSequence(Deadline deadline) {
  VEDETTE_CO_TRY(const auto rows, co_await database_.Query(deadline, kTopSequence));
  co_return rows[0].Int(0);
}

Task<Result<std::shared_ptr<const AlertRecord>>> MonitorStore::GetAlert(Deadline deadline,
                                                                        std::string study_id,
                                                                        Uuid id) {
  VEDETTE_CO_TRY(
      const auto rows,
      co_await database_.Query(deadline, kGetAlert, Params{BlobOf(id), std::move(study_id)}));
  if (rows.empty()) co_return Fail(Code::kNotFound, "The study has no such alert.");
  co_return std::make_shared<const AlertRecord>(ReadAlert(rows[0]));
}

Task<Result<AlertSummary>> MonitorStore::Summarize(Deadline deadline,
                                                   std::string study_id,
                                                   SiteScope scope) {
  const Params params{std::move(study_id), ScopeText(scope)};
  VEDETTE_CO_TRY(const auto transaction, co_await database_.BeginRead(deadline));
  VEDETTE_CO_TRY(const auto total, co_await transaction->Query(kCountAlerts, params));
  VEDETTE_CO_TRY(const auto by_rule, co_await transaction->Query(kCountByRule, params));
  VEDETTE_CO_TRY(const auto by_site, co_await transaction->Query(kCountBySite, params));
  VEDETTE_CO_TRY(const auto events, co_await transaction->Query(kCountEvents, params));
  co_return AlertSummary{.alerts = total[0].Int(0),
                         .subjects = total[0].Int(1),
                         .events = events[0].Int(0),
                         .by_rule = ReadCounts(by_rule),
                         .by_site = ReadCounts(by_site)};
}

Task<Result<MonitorStore::Series>> MonitorStore::ReadSeries(Deadline deadline,
                                                            std::string study_id,
                                                            std::string subject_id,
                                                            std::string item,
                                                            std::int64_t limit) {
  const Params params{std::move(subject_id), std::move(item), std::move(study_id)};
  Params limited = params;
  limited.emplace_back(limit);
  VEDETTE_CO_TRY(const auto transaction, co_await database_.BeginRead(deadline));
  VEDETTE_CO_TRY(const auto rows, co_await transaction->Query(kReadSeries, std::move(limited)));
  if (rows.empty()) co_return Series{};
  Params since = params;
  since.emplace_back(rows[rows.size() - 1].Int(1));
  VEDETTE_CO_TRY(const auto alerts,
                 co_await transaction->Query(kReadSeriesAlerts, std::move(since)));
  std::unordered_map<std::string_view, std::vector<Uuid>> by_event;
  for (const Row& row : alerts) by_event[row.Blob(0)].push_back(ReadUuid(row, 1));
  Series series;
  series.points.reserve(rows.size());
  for (const Row& row : rows) {
    SeriesPoint point{.event_id = ReadUuid(row, 0),
                      .time = FromUnixMicros(row.Int(1)),
                      .value = ReadValue(row, 2)};
    if (const auto raised = by_event.find(row.Blob(0)); raised != by_event.end()) {
      point.alert_ids = raised->second;
    }
    series.points.push_back(std::move(point));
    if (series.unit.empty()) series.unit = row.Text(6);
  }
  std::ranges::reverse(series.points);
  co_return series;
}

Task<Result<std::vector<KnownRule>>> MonitorStore::LoadRules(Deadline deadline) {
  VEDETTE_CO_TRY(const auto rows, co_await database_.Query(deadline, kLoadRules));
  std::vector<KnownRule> rules;
  rules.reserve(rows.size());
  for (const Row& row : rows) {
    rules.push_back({.spec = {.version_id = row.Text(0),
                              .study_id = row.Text(1),
                              .rule_id = row.Text(2),
                              .version = static_cast<std::int32_t>(row.Int(3)),
                              .name = row.Text(4),
                              .item = row.Text(5),
                              .comparison = static_cast<rules::Comparison>(row.Int(6)),
                              .threshold = row.Real(7),
                              .unit = row.Text(8),
                              .severity = static_cast<rules::Severity>(row.Int(9)),
                              .message = row.Text(10),
                              .content_hash = row.Text(11)},
                     .period = {FromUnixMicros(row.Int(12)),
                                row.IsNull(13) ? Timestamp::max() : FromUnixMicros(row.Int(13))},
                     .covered = row.Bool(14)});
  }
  co_return rules;
}

Task<Status> MonitorStore::PutRule(Deadline deadline, KnownRule rule) {
  rules::RuleSpec& spec = rule.spec;
  Params params{
      std::move(spec.version_id),
      std::move(spec.study_id),
      std::move(spec.rule_id),
      std::int64_t{spec.version},
      std::move(spec.name),
      std::move(spec.item),
      Number(spec.comparison),
      spec.threshold,
      std::move(spec.unit),
      Number(spec.severity),
      std::move(spec.message),
      std::move(spec.content_hash),
      ToUnixMicros(rule.period.from),
      rule.period.until == Timestamp::max() ? Value(kNull) : Value(ToUnixMicros(rule.period.until)),
      rule.covered};
  VEDETTE_CO_CHECK_OK(co_await database_.Query(deadline, kPutRule, std::move(params)));
  co_return Status{};
}

}  // namespace vedette::monitor
