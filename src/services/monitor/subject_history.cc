// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/subject_history.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <unordered_map>
#include <utility>

#include "contract/catalog.h"
#include "services/monitor/columns.h"
#include "services/monitor/hashing.h"

namespace vedette::monitor {
namespace {

using db::Params;
using db::Row;
using db::Sql;

constexpr std::size_t kItemsAtOnce = 16;
constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

#define VEDETTE_MONITOR_32_FROM_2                                                               \
  "$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21," \
  " $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33"

#define VEDETTE_MONITOR_OBSERVATION                                                          \
  "SELECT subject_id, item, key_hash, record_key, row_key, event_time, received_at, number," \
  " comparator, text_value, absent_reason, range_low, range_high, withdrawn FROM monitor_event"

// Both in order of the log, so that a later version comes after the one it replaces.
constexpr Sql kReadObservations{"monitor_read_observations", VEDETTE_MONITOR_OBSERVATION
                                " WHERE study_id = $1 AND subject_id IN (" VEDETTE_MONITOR_32_FROM_2
                                ") AND item IN ($34, $35, $36, $37, $38, $39, $40, $41, $42, $43,"
                                " $44, $45, $46, $47, $48, $49) ORDER BY sequence"};
constexpr Sql kReadObservationsOfOne{
    "monitor_read_observations_of_one", VEDETTE_MONITOR_OBSERVATION
    " WHERE study_id = $1 AND subject_id = $2 AND item IN ($3, $4, $5, $6, $7, $8, $9, $10, $11,"
    " $12, $13, $14, $15, $16, $17, $18) ORDER BY sequence"};
#undef VEDETTE_MONITOR_OBSERVATION

constexpr Sql kReadAlertsOnFile{
    "monitor_read_alerts_on_file",
    "SELECT a.subject_id, a.id, s.rule_version_id, a.started, a.anchor_key, s.fired, s.fired_key,"
    " s.fired_item, s.last, s.resolved, s.detection, s.digest, s.anchors, a.site_id"
    " FROM monitor_alert a JOIN monitor_alert_state s ON s.alert_id = a.id"
    " WHERE a.study_id = $1 AND a.subject_id IN (" VEDETTE_MONITOR_32_FROM_2
    ") AND s.detection <> 'retracted'"};
#undef VEDETTE_MONITOR_32_FROM_2

constexpr Sql kReadVersions{
    "monitor_read_versions",
    "SELECT id, version, key_hash, record_key, source, event_time, received_at, number, comparator,"
    " text_value, absent_reason, unit FROM monitor_event WHERE subject_id = $1 AND item = $2"
    " AND event_time >= $3 AND event_time < $4 AND study_id = $5 ORDER BY sequence"};
constexpr Sql kFindFiring{"monitor_find_firing",
                          "SELECT DISTINCT a.subject_id, a.subject_number, a.site_id"
                          " FROM monitor_alert a JOIN monitor_alert_state s ON s.alert_id = a.id"
                          " WHERE a.study_id = $1 AND s.rule_version_id = $2 AND s.detection IN "
                          "('firing', 'recovering') AND a.subject_id <> ''"};

std::uint64_t RecordKeyOf(const Row& row, std::size_t key, std::size_t root) {
  return RecordKey(ReadShortHash(row, row.IsNull(root) ? key : root));
}

rules::Change ReadChange(const Row& row, const rules::Catalog& catalog, std::uint32_t item) {
  const ObservedValue value = ReadValue(row, 7);
  rules::Change change{
      .kind = row.IsNull(13) ? rules::Change::Kind::kPut : rules::Change::Kind::kRemove,
      .item = item,
      .key = RecordKeyOf(row, 2, 3),
      .row = row.IsNull(4) ? 0 : RowKey(row.Text(4)),
      .time = ToSeconds(FromUnixMicros(row.Int(5))),
      .received = ToSeconds(FromUnixMicros(row.Int(6))),
      .number = contract::NumberOf(catalog.items[item].kind, value),
      .flags = contract::FlagsOf(value),
      .range_low = RealOrNone(row, 11).value_or(kNoNumber),
      .range_high = RealOrNone(row, 12).value_or(kNoNumber)};
  if (const auto* text = std::get_if<TextValue>(&value)) change.text = text->text;
  return change;
}

// Leaves of each observation the version that came last, and nothing of one withdrawn. Keys are
// unique within a study, so within all items of a subject.
void KeepCurrent(std::vector<rules::Change>& changes) {
  std::unordered_map<std::uint64_t, std::size_t> latest;
  latest.reserve(changes.size());
  for (std::size_t i = 0; i < changes.size(); ++i) latest.insert_or_assign(changes[i].key, i);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (latest.at(changes[i].key) != i || changes[i].kind == rules::Change::Kind::kRemove) continue;
    if (kept != i) changes[kept] = std::move(changes[i]);
    ++kept;
  }
  changes.resize(kept);
}

}  // namespace

rules::Seconds ToSeconds(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

rules::Change ToChange(const PreparedEvent& event,
                       const Lineage& lineage,
                       const rules::Catalog& catalog,
                       std::uint32_t item,
                       rules::Seconds received) {
  rules::Change change{
      .kind = event.withdrawn ? rules::Change::Kind::kRemove : rules::Change::Kind::kPut,
      .item = item,
      .key = RecordKey(lineage.root.value_or(event.key)),
      .row = RowKey(event.row),
      .time = ToSeconds(event.event.time.instant),
      .received = received,
      .number = contract::NumberOf(catalog.items[item].kind, event.event.value),
      .flags = contract::FlagsOf(event.event.value),
      .range_low = event.range_low.value_or(kNoNumber),
      .range_high = event.range_high.value_or(kNoNumber),
      .first_version = lineage.version == 1};
  if (const auto* text = std::get_if<TextValue>(&event.event.value)) change.text = text->text;
  return change;
}

Task<Result<StringMap<std::vector<rules::Change>>>> ReadObservations(
    db::Transaction& transaction,
    std::string study_id,
    std::vector<std::string> subject_ids,
    std::shared_ptr<const rules::Catalog> catalog,
    std::vector<std::uint32_t> items) {
  StringMap<std::vector<rules::Change>> changes;
  bool corrections = false;
  const bool one = subject_ids.size() == 1;
  for (std::size_t begin = 0; begin < items.size(); begin += kItemsAtOnce) {
    Params params{study_id};
    for (std::size_t i = 0; i < (one ? 1 : kSubjectsAtOnce); ++i) {
      // The last one fills the places that are left.
      params.emplace_back(subject_ids[std::min(i, subject_ids.size() - 1)]);
    }
    for (std::size_t i = 0; i < kItemsAtOnce; ++i) {
      params.emplace_back(catalog->items[items[std::min(begin + i, items.size() - 1)]].code);
    }
    VEDETTE_CO_TRY(const auto rows,
                   co_await transaction.Query(one ? kReadObservationsOfOne : kReadObservations,
                                              std::move(params)));
    for (const Row& row : rows) {
      const rules::CatalogItem* item = catalog->FindByCode(row.Text(1));
      if (item == nullptr) continue;
      if (!row.IsNull(3)) corrections = true;
      changes[row.Text(0)].push_back(ReadChange(row, *catalog, catalog->IndexOf(*item)));
    }
  }
  if (corrections) {
    for (auto& [subject, of_subject] : changes) KeepCurrent(of_subject);
  }
  co_return changes;
}

Task<Result<StringMap<std::vector<AlertOnFile>>>> ReadAlertsOnFile(
    db::Transaction& transaction, std::string study_id, std::vector<std::string> subject_ids) {
  Params params{std::move(study_id)};
  for (std::size_t i = 0; i < kSubjectsAtOnce; ++i) {
    params.emplace_back(subject_ids[std::min(i, subject_ids.size() - 1)]);
  }
  VEDETTE_CO_TRY(const auto rows, co_await transaction.Query(kReadAlertsOnFile, std::move(params)));
  StringMap<std::vector<AlertOnFile>> alerts;
  for (const Row& row : rows) {
    AlertOnFile& file = alerts[row.Text(0)].emplace_back();
    file.rule_version_id = row.Text(2);
    file.fired_item = row.Text(7);
    file.site_id = row.Text(13);
    rules::DetectedAlert& alert = file.alert;
    alert.id = ReadUuid(row, 1).bytes;
    alert.started = row.Int(3);
    alert.anchor_key = Unsigned(row.Int(4));
    alert.fired = row.Int(5);
    alert.fired_key = Unsigned(row.Int(6));
    alert.last = row.Int(8);
    if (!row.IsNull(9)) alert.resolved = row.Int(9);
    alert.detection = ParseDetection(row.Text(10));
    alert.digest = Unsigned(row.Int(11));
    alert.anchors = static_cast<std::uint32_t>(row.Int(12));
  }
  co_return alerts;
}

Task<Result<std::vector<LoggedEvent>>> ReadVersions(db::Transaction& transaction,
                                                    std::string study_id,
                                                    std::string subject_id,
                                                    std::string item,
                                                    rules::Seconds first,
                                                    rules::Seconds end) {
  constexpr std::int64_t kMicros = 1'000'000;
  VEDETTE_CO_TRY(const auto rows,
                 co_await transaction.Query(
                     kReadVersions, Params{std::move(subject_id), std::move(item), first * kMicros,
                                           end * kMicros, std::move(study_id)}));
  std::vector<LoggedEvent> events;
  events.reserve(rows.size());
  for (const Row& row : rows) {
    events.push_back({.id = ReadUuid(row, 0),
                      .version = static_cast<std::int32_t>(row.Int(1)),
                      .key = RecordKeyOf(row, 2, 3),
                      .source = row.Text(4),
                      .time = FromUnixMicros(row.Int(5)),
                      .received_at = FromUnixMicros(row.Int(6)),
                      .value = ReadValue(row, 7),
                      .unit = row.Text(11)});
  }
  co_return events;
}

Task<Result<std::vector<LoggedSubject>>> FindFiring(db::Transaction& transaction,
                                                    std::string study_id,
                                                    std::string version_id) {
  VEDETTE_CO_TRY(
      const auto rows,
      co_await transaction.Query(kFindFiring, Params{std::move(study_id), std::move(version_id)}));
  std::vector<LoggedSubject> subjects;
  for (const Row& row : rows) subjects.push_back({row.Text(0), row.Text(1), row.Text(2)});
  co_return subjects;
}

std::string FiredItemText(std::uint32_t item, const rules::Catalog& catalog) {
  if (item == rules::kTimerItem) return std::string(kTimerText);
  return item < catalog.items.size() ? catalog.items[item].code : std::string();
}

std::uint32_t ParseFiredItem(std::string_view text, const rules::Catalog& catalog) {
  if (text == kTimerText) return rules::kTimerItem;
  const rules::CatalogItem* item = catalog.FindByCode(text);
  return item == nullptr ? UINT32_MAX : catalog.IndexOf(*item);
}

std::string_view DetectionText(rules::Detection detection) {
  switch (detection) {
    case rules::Detection::kFiring:
      return "firing";
    case rules::Detection::kRecovering:
      return "recovering";
    case rules::Detection::kResolved:
      return "resolved";
    case rules::Detection::kInactive:
      return "superseded";
    case rules::Detection::kPending:
    case rules::Detection::kRetracted:
      break;
  }
  return "retracted";
}

rules::Detection ParseDetection(std::string_view text) {
  if (text == "firing") return rules::Detection::kFiring;
  if (text == "recovering") return rules::Detection::kRecovering;
  if (text == "resolved") return rules::Detection::kResolved;
  if (text == "superseded") return rules::Detection::kInactive;
  return rules::Detection::kRetracted;
}

}  // namespace vedette::monitor
