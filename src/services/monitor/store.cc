// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/store.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <unordered_map>
#include <utility>

#include "kit/queue/tables.h"
#include "migrations.embed.h"
#include "services/monitor/columns.h"
#include "services/monitor/silence_tables.h"

namespace vedette::monitor {
namespace {

using db::Params;
using db::Row;
using db::Rows;
using db::Sql;

// $2 is "*", or the sites as "|701|702|"; replace() finds one exactly, in both dialects alike. $3
// is whether the reader may see what tells the treatment.
#define VEDETTE_MONITOR_IN_SCOPE                                 \
  "($2 = '*' OR replace($2, '|' || a.site_id || '|', '') <> $2)" \
  " AND ($3 OR NOT a.unblinding)"

#define VEDETTE_MONITOR_FACTS                                                                \
  "SELECT a.sequence, a.id, a.study_id, a.site_id, a.subject_id, a.subject_number,"          \
  " a.rule_version_id, a.rule_id, a.rule_version, a.rule_content_hash, a.severity, a.scope," \
  " a.unblinding, a.event_id, a.item, a.message, a.message_zh, a.source, a.event_time,"      \
  " a.received_at, a.raised_at, a.late, a.due_at, s.resolved, s.anchors, s.successor,"       \
  " s.assignee, s.closed_as,"                                                                \
  " (SELECT i.id FROM monitor_alert i JOIN monitor_alert_state t ON t.alert_id = i.id"       \
  " WHERE i.subject_id = a.subject_id AND i.item = a.item AND i.severity > a.severity"       \
  " AND i.study_id = a.study_id AND a.item <> '' AND t.detection = 'firing'"                 \
  " AND s.detection = 'firing' AND (i.unblinding = a.unblinding OR a.unblinding)"            \
  " ORDER BY i.severity DESC LIMIT 1),"

// As it stands now, with its latest change.
#define VEDETTE_MONITOR_ALERT                                                      \
  VEDETTE_MONITOR_FACTS                                                            \
  " s.detection, s.workflow,"                                                      \
  " (SELECT MAX(c.sequence) FROM monitor_alert_change c WHERE c.alert_id = a.id)," \
  " (SELECT c.change FROM monitor_alert_change c WHERE c.alert_id = a.id"          \
  " ORDER BY c.sequence DESC LIMIT 1)"                                             \
  " FROM monitor_alert a JOIN monitor_alert_state s ON s.alert_id = a.id"

#define VEDETTE_MONITOR_CHANGED_ALERT                                      \
  VEDETTE_MONITOR_FACTS                                                    \
  " c.detection, c.workflow, c.sequence, c.change"                         \
  " FROM monitor_alert_change c JOIN monitor_alert a ON a.id = c.alert_id" \
  " JOIN monitor_alert_state s ON s.alert_id = c.alert_id"

// Compared as a pair, study and sequence make PostgreSQL walk the index from its end even while it
// has no statistics of the table; as two conditions it would sort all alerts of the study first.
constexpr Sql kListAlerts{"monitor_list_alerts", VEDETTE_MONITOR_ALERT
                          " WHERE a.study_id >= $1 AND (a.study_id, a.sequence) < ($1, $4)"
                          " AND " VEDETTE_MONITOR_IN_SCOPE
                          " AND ($5 = '' OR a.rule_id = $5)"
                          " AND ($6 = '' OR s.detection = $6"
                          " OR ($6 = 'resolved' AND s.detection = 'superseded'))"
                          " AND ($7 = '' OR s.workflow = $7"
                          " OR ($7 = 'open' AND s.workflow <> 'closed'))"
                          " ORDER BY a.study_id DESC, a.sequence DESC LIMIT $8"};
constexpr Sql kChangesAfter{"monitor_changes_after", VEDETTE_MONITOR_CHANGED_ALERT
                            " WHERE c.sequence > $1 ORDER BY c.sequence LIMIT $2"};
constexpr Sql kStudyChangesAfter{"monitor_study_changes_after", VEDETTE_MONITOR_CHANGED_ALERT
                                 " WHERE c.study_id = $1 AND c.sequence > $4"
                                 " AND " VEDETTE_MONITOR_IN_SCOPE " ORDER BY c.sequence LIMIT $5"};
constexpr Sql kTopChange{"monitor_top_change",
                         "SELECT COALESCE(MAX(sequence), 0) FROM monitor_alert_change"};
constexpr Sql kGetAlert{"monitor_get_alert",
                        VEDETTE_MONITOR_ALERT " WHERE a.id = $1 AND a.study_id = $2"};
#undef VEDETTE_MONITOR_ALERT
#undef VEDETTE_MONITOR_CHANGED_ALERT
#undef VEDETTE_MONITOR_FACTS

constexpr Sql kReadEvidence{"monitor_read_evidence",
                            "SELECT content FROM monitor_alert_evidence WHERE alert_id = $1"
                            " ORDER BY sequence DESC LIMIT 1"};
constexpr Sql kFindCorrection{
    "monitor_find_correction",
    "SELECT c.correcting_id, c.withdrawn FROM monitor_event e JOIN monitor_correction c"
    " ON c.study_id = e.study_id AND c.corrected_key = e.key_hash"
    " WHERE e.subject_id = $1 AND e.item = $2 AND e.event_time = $3 AND e.study_id = $4"
    " AND e.id = $5"};
constexpr Sql kReadTrail{
    "monitor_read_trail",
    "SELECT sequence, change, at, recorded_at, actor, reason, text, cause_event_id, cause_version,"
    " late, successor, detection, workflow, signature_meaning, signed_by FROM monitor_alert_change"
    " WHERE alert_id = $1 ORDER BY sequence LIMIT 1000"};

#define VEDETTE_MONITOR_STANDING_ALERTS                                   \
  " FROM monitor_alert a JOIN monitor_alert_state s ON s.alert_id = a.id" \
  " WHERE a.study_id = $1 AND " VEDETTE_MONITOR_IN_SCOPE
constexpr Sql kCountAlerts{
    "monitor_count_alerts",
    "SELECT COUNT(*), COUNT(DISTINCT NULLIF(a.subject_id, '')),"
    " CAST(COALESCE(SUM(CASE WHEN s.detection = 'firing' THEN 1 ELSE 0 END), 0) AS BIGINT),"
    " CAST(COALESCE(SUM(CASE WHEN s.workflow <> 'closed' THEN 1 ELSE 0 END), 0) AS BIGINT),"
    " CAST(COALESCE(SUM(CASE WHEN s.detection = 'retracted' THEN 1 ELSE 0 END), 0) AS "
    "BIGINT)" VEDETTE_MONITOR_STANDING_ALERTS};
constexpr Sql kCountByRule{"monitor_count_by_rule",
                           "SELECT a.rule_id, COUNT(*), COUNT(DISTINCT NULLIF(a.subject_id, "
                           "''))" VEDETTE_MONITOR_STANDING_ALERTS
                           " GROUP BY a.rule_id ORDER BY a.rule_id"};
constexpr Sql kCountBySite{"monitor_count_by_site",
                           "SELECT a.site_id, COUNT(*), COUNT(DISTINCT NULLIF(a.subject_id, "
                           "''))" VEDETTE_MONITOR_STANDING_ALERTS
                           " GROUP BY a.site_id ORDER BY a.site_id"};
#undef VEDETTE_MONITOR_STANDING_ALERTS
#undef VEDETTE_MONITOR_IN_SCOPE
constexpr Sql kCountEvents{"monitor_count_events",
                           "SELECT CAST(COALESCE(SUM(events), 0) AS BIGINT) FROM monitor_site_count"
                           " WHERE study_id = $1"
                           " AND ($2 = '*' OR replace($2, '|' || site_id || '|', '') <> $2)"};

constexpr Sql kReadSeries{
    "monitor_read_series",
    "SELECT e.id, e.event_time, e.number, e.comparator, e.text_value, e.absent_reason, e.unit,"
    " e.version, e.range_low, e.range_high, e.withdrawn, c.correcting_id"
    " FROM monitor_event e LEFT JOIN monitor_correction c"
    " ON c.study_id = e.study_id AND c.corrected_key = e.key_hash"
    " WHERE e.subject_id = $1 AND e.item = $2 AND e.study_id = $3"
    " ORDER BY e.event_time DESC, e.sequence DESC LIMIT $4"};
constexpr Sql kReadSeriesAlerts{
    "monitor_read_series_alerts",
    "SELECT event_id, id FROM monitor_alert WHERE subject_id = $1 AND item = $2 AND study_id = $3"
    " AND event_time >= $4 AND event_id IS NOT NULL AND ($5 OR NOT unblinding) ORDER BY sequence"};

std::string ScopeText(const ReaderScope& scope) {
  if (scope.all) return "*";
  std::string text = "|";
  for (const std::string& site : scope.sites) text.append(site).append("|");
  return text;
}

AlertRecord ReadAlert(const Row& row) {
  AlertRecord alert;
  alert.sequence = row.Int(0);
  alert.id = ReadUuid(row, 1);
  alert.study_id = row.Text(2);
  alert.site_id = row.Text(3);
  alert.subject_id = row.Text(4);
  alert.subject_number = row.Text(5);
  alert.rule_version_id = row.Text(6);
  alert.rule_id = row.Text(7);
  alert.rule_version = static_cast<std::int32_t>(row.Int(8));
  alert.rule_content_hash = row.Text(9);
  alert.severity = static_cast<rules::Severity>(row.Int(10));
  alert.scope = row.Text(11);
  alert.unblinding = row.Bool(12);
  alert.event_id = UuidOrNone(row, 13);
  alert.item = row.Text(14);
  alert.message = row.Text(15);
  alert.message_zh = row.Text(16);
  alert.source = row.Text(17);
  alert.event_time = FromUnixMicros(row.Int(18));
  alert.received_at = FromUnixMicros(row.Int(19));
  alert.raised_at = FromUnixMicros(row.Int(20));
  alert.late = row.Bool(21);
  alert.due_at = TimeOrNone(row, 22);
  if (!row.IsNull(23)) alert.resolved_at = Timestamp(std::chrono::seconds(row.Int(23)));
  alert.observations = static_cast<std::int32_t>(row.Int(24));
  alert.successor = UuidOrNone(row, 25);
  alert.workflow = {.state = row.Text(30), .closed_as = row.Text(27), .assignee = row.Text(26)};
  alert.inhibited_by = UuidOrNone(row, 28);
  alert.detection = row.Text(29);
  alert.change_sequence = row.Int(31);
  alert.change = row.Text(32);
  return alert;
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

}  // namespace

std::vector<EmbeddedFile> Migrations() {
  std::vector<EmbeddedFile> files(std::begin(kMigrations), std::end(kMigrations));
  files.push_back({"0005_outbox.sqlite.sql", queue::kOutboxTablesSqlite});
  files.push_back({"0005_outbox.postgres.sql", queue::kOutboxTablesPostgres});
  return files;
}

bool ReaderScope::Contains(std::string_view site, bool unblinding) const {
  if (unblinding && !unblinded) return false;
  return all || std::ranges::find(sites, site) != sites.end();
}

Task<Result<Alerts>> MonitorStore::ListAlerts(Deadline deadline, AlertQuery query) {
  const std::int64_t before =
      query.before == 0 ? std::numeric_limits<std::int64_t>::max() : query.before;
  Params params{std::move(query.study_id), ScopeText(query.scope),
                query.scope.unblinded,     before,
                std::move(query.rule_id),  std::move(query.detection),
                std::move(query.workflow), query.limit};
  VEDETTE_CO_TRY(const auto rows,
                 co_await database_.Query(deadline, kListAlerts, std::move(params)));
  co_return ReadAlerts(rows);
}

Task<Result<Alerts>> MonitorStore::ChangesAfter(Deadline deadline,
                                                std::int64_t after,
                                                std::int64_t limit) {
  VEDETTE_CO_TRY(const auto rows,
                 co_await database_.Query(deadline, kChangesAfter, Params{after, limit}));
  co_return ReadAlerts(rows);
}

Task<Result<Alerts>> MonitorStore::StudyChangesAfter(Deadline deadline,
                                                     std::string study_id,
                                                     ReaderScope scope,
                                                     std::int64_t after,
                                                     std::int64_t limit) {
  VEDETTE_CO_TRY(const auto rows,
                 co_await database_.Query(
                     deadline, kStudyChangesAfter,
                     Params{std::move(study_id), ScopeText(scope), scope.unblinded, after, limit}));
  co_return ReadAlerts(rows);
}

Task<Result<std::int64_t>> MonitorStore::TopChange(Deadline deadline) {
  VEDETTE_CO_TRY(const auto rows, co_await database_.Query(deadline, kTopChange));
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

Task<Result<v1::Evidence>> MonitorStore::ReadEvidence(Deadline deadline,
                                                      std::shared_ptr<const AlertRecord> alert) {
  VEDETTE_CO_TRY(const auto transaction, co_await database_.BeginRead(deadline));
  VEDETTE_CO_TRY(const auto rows,
                 co_await transaction->Query(kReadEvidence, Params{BlobOf(alert->id)}));
  v1::Evidence evidence;
  if (rows.empty()) co_return evidence;
  evidence.ParseFromString(rows[0].Blob(0));
  for (v1::EvidenceObservation& read : *evidence.mutable_observations()) {
    const auto id = Uuid::Parse(read.event_id());
    if (!id) continue;
    VEDETTE_CO_TRY(const auto found,
                   co_await transaction->Query(kFindCorrection,
                                               Params{alert->subject_id, read.item(), read.time(),
                                                      alert->study_id, BlobOf(*id)}));
    if (found.empty()) continue;
    read.set_corrected_by(ReadUuid(found[0], 0).ToString());
    read.set_withdrawn(found[0].Bool(1));
  }
  co_return evidence;
}

Task<Result<std::vector<AlertChange>>> MonitorStore::ReadTrail(Deadline deadline, Uuid id) {
  VEDETTE_CO_TRY(const auto rows,
                 co_await database_.Query(deadline, kReadTrail, Params{BlobOf(id)}));
  std::vector<AlertChange> trail;
  trail.reserve(rows.size());
  for (const Row& row : rows) {
    trail.push_back({.sequence = row.Int(0),
                     .change = row.Text(1),
                     .at = FromUnixMicros(row.Int(2)),
                     .recorded_at = FromUnixMicros(row.Int(3)),
                     .actor = row.Text(4),
                     .reason = row.Text(5),
                     .text = row.Text(6),
                     .cause_event_id = UuidOrNone(row, 7),
                     .cause_version = static_cast<std::int32_t>(row.Int(8)),
                     .late = row.Bool(9),
                     .successor = UuidOrNone(row, 10),
                     .detection = row.Text(11),
                     .workflow = row.Text(12),
                     .signature_meaning = row.Text(13),
                     .signed_by = row.Text(14)});
  }
  co_return trail;
}

Task<Result<AlertSummary>> MonitorStore::Summarize(Deadline deadline,
                                                   std::string study_id,
                                                   ReaderScope scope) {
  const Params params{study_id, ScopeText(scope), scope.unblinded};
  VEDETTE_CO_TRY(const auto transaction, co_await database_.BeginRead(deadline));
  VEDETTE_CO_TRY(const auto total, co_await transaction->Query(kCountAlerts, params));
  VEDETTE_CO_TRY(const auto by_rule, co_await transaction->Query(kCountByRule, params));
  VEDETTE_CO_TRY(const auto by_site, co_await transaction->Query(kCountBySite, params));
  VEDETTE_CO_TRY(
      const auto events,
      co_await transaction->Query(kCountEvents, Params{std::move(study_id), ScopeText(scope)}));
  co_return AlertSummary{.alerts = total[0].Int(0),
                         .subjects = total[0].Int(1),
                         .events = events[0].Int(0),
                         .firing = total[0].Int(2),
                         .open = total[0].Int(3),
                         .retracted = total[0].Int(4),
                         .by_rule = ReadCounts(by_rule),
                         .by_site = ReadCounts(by_site)};
}

Task<Result<MonitorStore::Series>> MonitorStore::ReadSeries(Deadline deadline,
                                                            std::string study_id,
                                                            std::string subject_id,
                                                            std::string item,
                                                            bool unblinded,
                                                            std::int64_t limit) {
  const Params params{std::move(subject_id), std::move(item), std::move(study_id)};
  Params limited = params;
  limited.emplace_back(limit);
  VEDETTE_CO_TRY(const auto transaction, co_await database_.BeginRead(deadline));
  VEDETTE_CO_TRY(const auto rows, co_await transaction->Query(kReadSeries, std::move(limited)));
  if (rows.empty()) co_return Series{};
  Params since = params;
  since.emplace_back(rows[rows.size() - 1].Int(1));
  since.emplace_back(unblinded);
  VEDETTE_CO_TRY(const auto alerts,
                 co_await transaction->Query(kReadSeriesAlerts, std::move(since)));
  std::unordered_map<std::string_view, std::vector<Uuid>> by_event;
  for (const Row& row : alerts) by_event[row.Blob(0)].push_back(ReadUuid(row, 1));
  Series series;
  series.points.reserve(rows.size());
  for (const Row& row : rows) {
    SeriesPoint point{.event_id = ReadUuid(row, 0),
                      .time = FromUnixMicros(row.Int(1)),
                      .value = ReadValue(row, 2),
                      .version = static_cast<std::int32_t>(row.Int(7)),
                      .superseded = !row.IsNull(10) || !row.IsNull(11),
                      .range_low = RealOrNone(row, 8),
                      .range_high = RealOrNone(row, 9)};
    if (const auto raised = by_event.find(row.Blob(0)); raised != by_event.end()) {
      point.alert_ids = raised->second;
    }
    series.points.push_back(std::move(point));
    if (series.unit.empty()) series.unit = row.Text(6);
  }
  std::ranges::reverse(series.points);
  co_return series;
}

Task<Result<std::vector<Silence>>> MonitorStore::Silences(Deadline deadline,
                                                          std::string study_id,
                                                          Timestamp now) {
  return ReadSilences(database_, deadline, std::move(study_id), now);
}

}  // namespace vedette::monitor
