// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/log_tables.h"

#include <cstring>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "services/monitor/columns.h"

namespace vedette::monitor {
namespace {

using db::BulkInsert;
using db::ColumnType;
using db::kNull;
using db::Params;
using db::Row;
using db::Rows;
using db::Sql;
using db::Value;

constexpr Sql kTakeOver{"monitor_take_over", "UPDATE monitor_writer SET owner = $1"};
constexpr Sql kClaim{"monitor_claim",
                     "UPDATE monitor_writer SET received_at ="
                     " CASE WHEN received_at < $2 THEN $2 ELSE received_at END"
                     " WHERE owner = $1 RETURNING received_at"};
constexpr std::size_t kKeysAtOnce = 32;
constexpr Sql kFindContents{
    "monitor_find_contents",
    "SELECT key_hash, content_hash FROM monitor_event WHERE study_id = $1 AND key_hash IN"
    " ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,"
    " $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)"};
constexpr Sql kFindContent{
    "monitor_find_content",
    "SELECT key_hash, content_hash FROM monitor_event WHERE study_id = $1 AND key_hash = $2"};
constexpr Sql kFindPosition{"monitor_find_position",
                            "SELECT sequence, received_at FROM monitor_event WHERE sequence <= $1"
                            " ORDER BY sequence DESC LIMIT 1"};
constexpr Sql kReadEvents{
    "monitor_read_events",
    "SELECT id, site_id, subject_id, subject_number, number, comparator, text_value, absent_reason,"
    " unit, event_time, offset_minutes, time_precision, received_at, source"
    " FROM monitor_event WHERE sequence > $1 AND sequence <= $2 AND study_id = $3 AND item = $4"
    " ORDER BY sequence"};
constexpr Sql kMarkCovered{"monitor_mark_covered",
                           "UPDATE monitor_active_rule SET covered = $2 WHERE version_id = $1"};

constexpr std::string_view kAlertRaised = "monitor.alert.raised";

std::int64_t Number(auto enumerator) { return static_cast<std::int64_t>(enumerator); }

Params EventParams(const PreparedEvent& prepared, std::int64_t received_at) {
  const Event& event = prepared.event;
  Params row;
  row.reserve(21);
  row.push_back(BlobOf(event.id));
  row.emplace_back(event.study_id);
  row.emplace_back(event.site_id);
  row.emplace_back(event.subject_id);
  row.emplace_back(event.subject_number);
  row.emplace_back(event.item);
  const auto* number = std::get_if<NumberValue>(&event.value);
  const auto* text = std::get_if<TextValue>(&event.value);
  const auto* absent = std::get_if<AbsentValue>(&event.value);
  row.push_back(number != nullptr ? Value(number->number) : Value(kNull));
  row.emplace_back(Number(number != nullptr ? number->comparator : Comparator::kNone));
  row.push_back(text != nullptr ? Value(text->text) : Value(kNull));
  row.push_back(absent != nullptr ? Value(absent->reason) : Value(kNull));
  row.emplace_back(event.unit);
  row.push_back(prepared.given_number ? Value(*prepared.given_number) : Value(kNull));
  row.push_back(prepared.given_number ? Value(prepared.given_unit) : Value(kNull));
  row.emplace_back(ToUnixMicros(event.time.instant));
  row.push_back(event.time.offset_minutes ? Value(std::int64_t{*event.time.offset_minutes})
                                          : Value(kNull));
  row.emplace_back(Number(event.time.precision));
  row.emplace_back(received_at);
  row.emplace_back(event.source);
  row.emplace_back(event.actor);
  row.push_back(BlobOf(prepared.key));
  row.push_back(BlobOf(prepared.content));
  return row;
}

Params AlertParams(const AlertRecord& alert) {
  return {BlobOf(alert.id),
          alert.study_id,
          alert.site_id,
          alert.subject_id,
          alert.subject_number,
          alert.rule_version_id,
          alert.rule_id,
          std::int64_t{alert.rule_version},
          alert.rule_content_hash,
          Number(alert.severity),
          BlobOf(alert.event_id),
          alert.item,
          alert.message,
          alert.expression,
          alert.value,
          Number(alert.value_comparator),
          alert.unit,
          Number(alert.comparison),
          alert.threshold,
          alert.source,
          ToUnixMicros(alert.event_time),
          ToUnixMicros(alert.received_at),
          ToUnixMicros(alert.raised_at)};
}

// Only ids: whoever is told asks for the rest, and is then checked.
std::string AlertPayload(const AlertRecord& alert) {
  std::string payload = "{\"alertId\":\"";
  payload.append(alert.id.ToString()).append("\",\"raisedAt\":");
  payload.append(std::to_string(ToUnixMicros(alert.raised_at)));
  payload.append(",\"severity\":\"").append(rules::SeverityText(alert.severity)).append("\"}");
  return payload;
}

// Which of `ids`, in order, the rows of RETURNING id name.
std::vector<bool> Returned(const Rows& rows, const std::vector<Uuid>& ids) {
  if (rows.size() == ids.size()) return std::vector<bool>(ids.size(), true);
  std::unordered_set<std::string_view> returned;
  returned.reserve(rows.size());
  for (const Row& row : rows) returned.insert(row.Blob(0));
  std::vector<bool> flags;
  flags.reserve(ids.size());
  for (const Uuid& id : ids) flags.push_back(returned.contains(id.AsBytes()));
  return flags;
}

ShortHash ReadShortHash(const Row& row, std::size_t column) {
  ShortHash hash{};
  if (row.Blob(column).size() != hash.size()) {
    throw std::logic_error("a stored hash is not 16 bytes");
  }
  std::memcpy(hash.data(), row.Blob(column).data(), hash.size());
  return hash;
}

}  // namespace

Task<Status> TakeOverLog(db::Database& database, Deadline deadline, std::string owner) {
  VEDETTE_CO_CHECK_OK(co_await database.Query(deadline, kTakeOver, Params{std::move(owner)}));
  co_return Status{};
}

Task<Result<std::optional<Timestamp>>> ClaimLog(db::Transaction& transaction,
                                                std::string owner,
                                                Timestamp now) {
  VEDETTE_CO_TRY(const auto rows,
                 co_await transaction.Query(kClaim, Params{std::move(owner), ToUnixMicros(now)}));
  if (rows.empty()) co_return std::nullopt;
  co_return FromUnixMicros(rows[0].Int(0));
}

Task<Result<std::vector<bool>>> InsertEvents(db::Transaction& transaction,
                                             std::vector<const PreparedEvent*> events,
                                             Timestamp received_at) {
  using enum ColumnType;
  BulkInsert insert{
      .name = "monitor_insert_events",
      .table = "monitor_event",
      .columns = {{"id", kBytes},           {"study_id", kText},       {"site_id", kText},
                  {"subject_id", kText},    {"subject_number", kText}, {"item", kText},
                  {"number", kReal},        {"comparator", kInt},      {"text_value", kText},
                  {"absent_reason", kText}, {"unit", kText},           {"given_number", kReal},
                  {"given_unit", kText},    {"event_time", kInt},      {"offset_minutes", kInt},
                  {"time_precision", kInt}, {"received_at", kInt},     {"source", kText},
                  {"actor", kText},         {"key_hash", kBytes},      {"content_hash", kBytes}},
      .suffix = "ON CONFLICT (study_id, key_hash) DO NOTHING RETURNING id"};
  std::vector<Uuid> ids;
  ids.reserve(events.size());
  insert.rows.reserve(events.size());
  const std::int64_t received = ToUnixMicros(received_at);
  for (const PreparedEvent* event : events) {
    ids.push_back(event->event.id);
    insert.rows.push_back(EventParams(*event, received));
  }
  VEDETTE_CO_TRY(const auto rows, co_await transaction.Insert(std::move(insert)));
  co_return Returned(rows, ids);
}

Task<Result<std::vector<std::optional<ShortHash>>>> FindContents(
    db::Transaction& transaction, std::vector<const PreparedEvent*> events) {
  std::vector<std::optional<ShortHash>> contents(events.size());
  std::size_t begin = 0;
  while (begin < events.size()) {
    const std::string& study = events[begin]->event.study_id;
    std::size_t end = begin + 1;
    while (end < events.size() && end - begin < kKeysAtOnce &&
           events[end]->event.study_id == study) {
      ++end;
    }
    const bool one = end - begin == 1;
    Params params{study};
    for (std::size_t i = begin; i < end; ++i) params.push_back(BlobOf(events[i]->key));
    // The last key fills the places that are left.
    while (!one && params.size() < kKeysAtOnce + 1) params.push_back(BlobOf(events[end - 1]->key));
    VEDETTE_CO_TRY(const auto rows, co_await transaction.Query(one ? kFindContent : kFindContents,
                                                               std::move(params)));
    std::unordered_map<std::string_view, ShortHash> found;
    for (const Row& row : rows) found.emplace(row.Blob(0), ReadShortHash(row, 1));
    for (std::size_t i = begin; i < end; ++i) {
      if (const auto hit = found.find(AsView(events[i]->key)); hit != found.end()) {
        contents[i] = hit->second;
      }
    }
    begin = end;
  }
  co_return contents;
}

Task<Result<std::vector<bool>>> InsertAlerts(db::Transaction& transaction,
                                             std::vector<AlertRecord> alerts) {
  using enum ColumnType;
  BulkInsert insert{.name = "monitor_insert_alerts",
                    .table = "monitor_alert",
                    .columns = {{"id", kBytes},
                                {"study_id", kText},
                                {"site_id", kText},
                                {"subject_id", kText},
                                {"subject_number", kText},
                                {"rule_version_id", kText},
                                {"rule_id", kText},
                                {"rule_version", kInt},
                                {"rule_content_hash", kText},
                                {"severity", kInt},
                                {"event_id", kBytes},
                                {"item", kText},
                                {"message", kText},
                                {"expression", kText},
                                {"value", kReal},
                                {"value_comparator", kInt},
                                {"unit", kText},
                                {"comparison", kInt},
                                {"threshold", kReal},
                                {"source", kText},
                                {"event_time", kInt},
                                {"received_at", kInt},
                                {"raised_at", kInt}},
                    .suffix = "ON CONFLICT (id) DO NOTHING RETURNING id"};
  std::vector<Uuid> ids;
  for (const AlertRecord& alert : alerts) {
    ids.push_back(alert.id);
    insert.rows.push_back(AlertParams(alert));
  }
  VEDETTE_CO_TRY(const auto rows, co_await transaction.Insert(std::move(insert)));
  const std::vector<bool> inserted = Returned(rows, ids);

  BulkInsert outbox{
      .name = "monitor_insert_outbox",
      .table = "monitor_outbox",
      .columns = {
          {"topic", kText}, {"message_key", kText}, {"payload", kText}, {"created_at", kInt}}};
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    if (!inserted[i]) continue;
    outbox.rows.push_back({std::string(kAlertRaised), alerts[i].subject_id, AlertPayload(alerts[i]),
                           ToUnixMicros(alerts[i].raised_at)});
  }
  if (!outbox.rows.empty()) {
    VEDETTE_CO_CHECK_OK(co_await transaction.Insert(std::move(outbox)));
  }
  co_return inserted;
}

Task<Status> AddCounts(db::Transaction& transaction, SiteCounts counts) {
  BulkInsert insert{.name = "monitor_add_counts",
                    .table = "monitor_site_count",
                    .columns = {{"study_id", ColumnType::kText},
                                {"site_id", ColumnType::kText},
                                {"events", ColumnType::kInt}},
                    .suffix =
                        "ON CONFLICT (study_id, site_id) DO UPDATE"
                        " SET events = monitor_site_count.events + excluded.events"};
  for (const auto& [place, events] : counts) {
    insert.rows.push_back({std::string(place.first), std::string(place.second), events});
  }
  VEDETTE_CO_CHECK_OK(co_await transaction.Insert(std::move(insert)));
  co_return Status{};
}

Task<Result<std::optional<LogPosition>>> FindPosition(db::Transaction& transaction,
                                                      std::int64_t sequence) {
  VEDETTE_CO_TRY(const auto rows, co_await transaction.Query(kFindPosition, Params{sequence}));
  if (rows.empty()) co_return std::nullopt;
  co_return LogPosition{rows[0].Int(0), FromUnixMicros(rows[0].Int(1))};
}

Task<Result<std::vector<Event>>> ReadEvents(db::Transaction& transaction,
                                            std::string study_id,
                                            std::string item,
                                            std::int64_t first,
                                            std::int64_t last) {
  VEDETTE_CO_TRY(const auto rows,
                 co_await transaction.Query(kReadEvents, Params{first, last, study_id, item}));
  std::vector<Event> events;
  events.reserve(rows.size());
  for (const Row& row : rows) {
    Event event{.id = ReadUuid(row, 0),
                .study_id = study_id,
                .site_id = row.Text(1),
                .subject_id = row.Text(2),
                .subject_number = row.Text(3),
                .item = item,
                .value = ReadValue(row, 4),
                .unit = row.Text(8),
                .time = {.instant = FromUnixMicros(row.Int(9)),
                         .precision = static_cast<TimePrecision>(row.Int(11))},
                .received_at = FromUnixMicros(row.Int(12)),
                .source = row.Text(13)};
    if (!row.IsNull(10)) event.time.offset_minutes = static_cast<std::int16_t>(row.Int(10));
    events.push_back(std::move(event));
  }
  co_return events;
}

Task<Status> MarkCovered(db::Transaction& transaction, std::string version_id) {
  VEDETTE_CO_CHECK_OK(
      co_await transaction.Query(kMarkCovered, Params{std::move(version_id), true}));
  co_return Status{};
}

}  // namespace vedette::monitor
