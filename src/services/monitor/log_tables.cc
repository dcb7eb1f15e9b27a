// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/log_tables.h"

#include <algorithm>
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
                     " CASE WHEN received_at < $2 THEN $2 ELSE received_at END,"
                     " transactions = transactions + 1"
                     " WHERE owner = $1 RETURNING received_at, transactions"};
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
constexpr Sql kFindTarget{
    "monitor_find_target",
    "SELECT e.id, e.subject_id, e.item, e.version, e.record_key, c.correcting_id"
    " FROM monitor_event e LEFT JOIN monitor_correction c"
    " ON c.study_id = e.study_id AND c.corrected_key = e.key_hash"
    " WHERE e.study_id = $1 AND e.key_hash = $2"};
constexpr Sql kFindSubjects{
    "monitor_find_subjects",
    "SELECT subject_id, MIN(subject_number), MIN(site_id) FROM monitor_event"
    " WHERE sequence > $1 AND sequence <= $2 AND study_id = $3 GROUP BY subject_id"};
constexpr Sql kListSubjects{
    "monitor_list_subjects",
    "SELECT subject_id, subject_number, site_id FROM monitor_subject"
    " WHERE study_id = $1 AND subject_id > $2 ORDER BY subject_id LIMIT $3"};
constexpr Sql kMarkCovered{"monitor_mark_covered",
                           "UPDATE monitor_rule SET covered = $2 WHERE version_id = $1"};

std::int64_t Number(auto enumerator) { return static_cast<std::int64_t>(enumerator); }

Value RealOrNull(std::optional<double> number) { return number ? Value(*number) : Value(kNull); }

bool IsPlain(const PreparedEvent& event) {
  return !event.corrects && event.row.empty() && !event.range_low && !event.range_high;
}

Params EventParams(const NewEvent& added, bool plain, std::int64_t received_at) {
  const PreparedEvent& prepared = *added.event;
  const Event& event = prepared.event;
  Params row;
  row.reserve(plain ? 21 : 28);
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
  if (plain) return row;
  const Lineage& lineage = *added.lineage;
  row.emplace_back(std::int64_t{lineage.version});
  row.push_back(lineage.supersedes ? BlobOf(*lineage.supersedes) : Value(kNull));
  row.push_back(lineage.root ? BlobOf(*lineage.root) : Value(kNull));
  row.push_back(prepared.row.empty() ? Value(kNull) : Value(prepared.row));
  row.push_back(RealOrNull(prepared.range_low));
  row.push_back(RealOrNull(prepared.range_high));
  row.push_back(prepared.withdrawn ? Value(true) : Value(kNull));
  return row;
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

std::vector<LoggedSubject> ReadSubjects(const Rows& rows) {
  std::vector<LoggedSubject> subjects;
  subjects.reserve(rows.size());
  for (const Row& row : rows) subjects.push_back({row.Text(0), row.Text(1), row.Text(2)});
  return subjects;
}

}  // namespace

Task<Status> TakeOverLog(db::Database& database, Deadline deadline, std::string owner) {
  VEDETTE_CO_CHECK_OK(co_await database.Query(deadline, kTakeOver, Params{std::move(owner)}));
  co_return Status{};
}

Task<Result<std::optional<Claim>>> ClaimLog(db::Transaction& transaction,
                                            std::string owner,
                                            Timestamp now) {
  VEDETTE_CO_TRY(const auto rows,
                 co_await transaction.Query(kClaim, Params{std::move(owner), ToUnixMicros(now)}));
  if (rows.empty()) co_return std::nullopt;
  co_return Claim{FromUnixMicros(rows[0].Int(0)), rows[0].Int(1)};
}

Task<Result<std::vector<bool>>> InsertEvents(db::Transaction& transaction,
                                             std::vector<NewEvent> events,
                                             Timestamp received_at) {
  using enum ColumnType;
  // Most groups bind only what every event has.
  const bool plain =
      std::ranges::all_of(events, [](const NewEvent& added) { return IsPlain(*added.event); });
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
  if (!plain) {
    insert.name = "monitor_insert_full_events";
    insert.columns.insert(insert.columns.end(), {{"version", kInt},
                                                 {"supersedes", kBytes},
                                                 {"record_key", kBytes},
                                                 {"row_key", kText},
                                                 {"range_low", kReal},
                                                 {"range_high", kReal},
                                                 {"withdrawn", kBool}});
  }
  std::vector<Uuid> ids;
  ids.reserve(events.size());
  insert.rows.reserve(events.size());
  const std::int64_t received = ToUnixMicros(received_at);
  for (const NewEvent& added : events) {
    ids.push_back(added.event->event.id);
    insert.rows.push_back(EventParams(added, plain, received));
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

Task<Status> FindTargets(db::Transaction& transaction, GroupPlan& plan) {
  for (std::size_t t = 0; t < plan.targets().size(); ++t) {
    const GroupPlan::Target& target = plan.targets()[t];
    VEDETTE_CO_TRY(const auto rows,
                   co_await transaction.Query(
                       kFindTarget, Params{std::string(target.study), BlobOf(target.key)}));
    if (rows.empty()) continue;
    const Row& row = rows[0];
    plan.StoredTarget(t, {.id = ReadUuid(row, 0),
                          .subject_id = row.Text(1),
                          .item = row.Text(2),
                          .version = static_cast<std::int32_t>(row.Int(3)),
                          .root = row.IsNull(4) ? target.key : ReadShortHash(row, 4),
                          .corrected = !row.IsNull(5)});
  }
  plan.Trace();
  co_return Status{};
}

Task<Status> InsertCorrections(db::Transaction& transaction, std::vector<NewEvent> corrections) {
  using enum ColumnType;
  BulkInsert insert{.name = "monitor_insert_corrections",
                    .table = "monitor_correction",
                    .columns = {{"study_id", kText},
                                {"corrected_key", kBytes},
                                {"correcting_key", kBytes},
                                {"correcting_id", kBytes},
                                {"withdrawn", kBool}}};
  for (const NewEvent& correction : corrections) {
    const PreparedEvent& event = *correction.event;
    insert.rows.push_back({event.event.study_id, BlobOf(*event.corrects), BlobOf(event.key),
                           BlobOf(event.event.id), event.withdrawn});
  }
  VEDETTE_CO_CHECK_OK(co_await transaction.Insert(std::move(insert)));
  co_return Status{};
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

Task<Result<std::vector<LoggedSubject>>> FindSubjects(db::Transaction& transaction,
                                                      std::string study_id,
                                                      std::int64_t first,
                                                      std::int64_t last) {
  VEDETTE_CO_TRY(const auto rows, co_await transaction.Query(
                                      kFindSubjects, Params{first, last, std::move(study_id)}));
  co_return ReadSubjects(rows);
}

Task<Result<std::vector<LoggedSubject>>> ListSubjects(db::Transaction& transaction,
                                                      std::string study_id,
                                                      std::string after,
                                                      std::int64_t limit) {
  VEDETTE_CO_TRY(const auto rows,
                 co_await transaction.Query(kListSubjects,
                                            Params{std::move(study_id), std::move(after), limit}));
  co_return ReadSubjects(rows);
}

Task<Status> PutSubjects(db::Transaction& transaction,
                         std::vector<std::pair<std::string, LoggedSubject>> subjects) {
  using enum ColumnType;
  BulkInsert insert{.name = "monitor_put_subjects",
                    .table = "monitor_subject",
                    .columns = {{"study_id", kText},
                                {"subject_id", kText},
                                {"subject_number", kText},
                                {"site_id", kText}},
                    .suffix = "ON CONFLICT (study_id, subject_id) DO NOTHING"};
  for (auto& [study, subject] : subjects) {
    insert.rows.push_back({std::move(study), std::move(subject.id), std::move(subject.number),
                           std::move(subject.site_id)});
  }
  VEDETTE_CO_CHECK_OK(co_await transaction.Insert(std::move(insert)));
  co_return Status{};
}

Task<Status> MarkCovered(db::Transaction& transaction, std::string version_id) {
  VEDETTE_CO_CHECK_OK(
      co_await transaction.Query(kMarkCovered, Params{std::move(version_id), true}));
  co_return Status{};
}

}  // namespace vedette::monitor
