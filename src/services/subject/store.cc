// SPDX-License-Identifier: Apache-2.0
#include "services/subject/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "services/subject/policy.h"
#include "subject_migrations.h"

namespace vedette::subject {
namespace {

using db::ColumnType;
using db::Params;
using db::Row;
using db::Rows;
using db::Sql;

// The databases differ only in how a JSON array becomes rows.
struct SqlPair {
  Sql sqlite;
  Sql postgres;
  const Sql& For(db::Dialect dialect) const {
    return dialect == db::Dialect::kSqlite ? sqlite : postgres;
  }
};

#define VEDETTE_SUBJECT_COLUMNS                                                               \
  "id, study_id, site_id, subject_number, name_sealed, mobile_sealed, mobile_hash, age, sex," \
  " status, created_at"
#define VEDETTE_SQLITE_ELEMENTS(parameter) "(SELECT value FROM json_each(" parameter "))"
#define VEDETTE_POSTGRES_ELEMENTS(parameter) \
  "(SELECT jsonb_array_elements_text(CAST(CAST(" parameter " AS TEXT) AS JSONB)))"

constexpr Sql kInsert{"subject_insert",
                      "INSERT INTO subject_subject (" VEDETTE_SUBJECT_COLUMNS
                      ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
                      " ON CONFLICT (study_id, subject_number) DO NOTHING RETURNING id"};
constexpr Sql kNextNumber{
    "subject_next_number",
    "INSERT INTO subject_number_counter (study_id, site_id, last) VALUES ($1, $2, 1)"
    " ON CONFLICT (study_id, site_id) DO UPDATE SET last = subject_number_counter.last + 1"
    " RETURNING last"};
constexpr Sql kGet{"subject_get",
                   "SELECT " VEDETTE_SUBJECT_COLUMNS " FROM subject_subject WHERE id = $1"};
constexpr Sql kListAll{"subject_list",
                       "SELECT " VEDETTE_SUBJECT_COLUMNS
                       " FROM subject_subject WHERE study_id = $1 AND subject_number > $2"
                       " ORDER BY subject_number LIMIT $3"};
constexpr SqlPair kListSites{
    {"subject_list_sites",
     "SELECT " VEDETTE_SUBJECT_COLUMNS
     " FROM subject_subject WHERE study_id = $1 AND subject_number > $2"
     " AND site_id IN " VEDETTE_SQLITE_ELEMENTS("$4") " ORDER BY subject_number LIMIT $3"},
    {"subject_list_sites",
     "SELECT " VEDETTE_SUBJECT_COLUMNS
     " FROM subject_subject WHERE study_id = $1 AND subject_number > $2"
     " AND site_id IN " VEDETTE_POSTGRES_ELEMENTS("$4") " ORDER BY subject_number LIMIT $3"}};
constexpr SqlPair kResolve{{"subject_resolve",
                            "SELECT id, subject_number, site_id FROM subject_subject"
                            " WHERE study_id = $1 AND subject_number IN " VEDETTE_SQLITE_ELEMENTS(
                                "$2") " ORDER BY subject_number"},
                           {"subject_resolve",
                            "SELECT id, subject_number, site_id FROM subject_subject"
                            " WHERE study_id = $1 AND subject_number IN " VEDETTE_POSTGRES_ELEMENTS(
                                "$2") " ORDER BY subject_number"}};
constexpr SqlPair kGetMany{
    {"subject_get_many",
     "SELECT " VEDETTE_SUBJECT_COLUMNS
     " FROM subject_subject WHERE study_id = $1 AND id IN " VEDETTE_SQLITE_ELEMENTS(
         "$2") " ORDER BY subject_number"},
    {"subject_get_many",
     "SELECT " VEDETTE_SUBJECT_COLUMNS
     " FROM subject_subject WHERE study_id = $1 AND id IN " VEDETTE_POSTGRES_ELEMENTS(
         "$2") " ORDER BY subject_number"}};

constexpr Sql kAnySealed{"subject_any_sealed",
                         "SELECT id FROM subject_subject WHERE name_sealed IS NOT NULL LIMIT 1"};

// A JSON array of strings (RFC 8259 §7), the one portable way to give a statement a list.
std::string JsonArray(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) json += ',';
    json += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        json += '\\';
        json += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        json += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      } else {
        json += c;
      }
    }
    json += '"';
  }
  return json + "]";
}

std::optional<Bytes> ReadBytes(const Row& row, std::size_t column) {
  if (row.IsNull(column)) return std::nullopt;
  return Bytes{row.Blob(column)};
}

SubjectRecord ReadRecord(const Row& row) {
  return {.id = row.Text(0),
          .study_id = row.Text(1),
          .site_id = row.Text(2),
          .subject_number = row.Text(3),
          .name_sealed = ReadBytes(row, 4),
          .mobile_sealed = ReadBytes(row, 5),
          .mobile_hash = ReadBytes(row, 6),
          .age = static_cast<std::int32_t>(row.Int(7)),
          .sex = row.Text(8),
          .status = row.Text(9),
          .created_at = FromUnixMicros(row.Int(10))};
}

std::vector<SubjectRecord> ReadRecords(const Rows& rows) {
  std::vector<SubjectRecord> records;
  records.reserve(rows.size());
  for (const Row& row : rows) records.push_back(ReadRecord(row));
  return records;
}

std::vector<ResolvedSubject> ReadResolved(const Rows& rows) {
  std::vector<ResolvedSubject> subjects;
  subjects.reserve(rows.size());
  for (const Row& row : rows) subjects.push_back({row.Text(0), row.Text(1), row.Text(2)});
  return subjects;
}

db::Value OptionalBytes(const std::optional<Bytes>& bytes) {
  if (bytes) return *bytes;
  return db::kNull;
}

Params ToParams(const SubjectRecord& record) {
  return {record.id,
          record.study_id,
          record.site_id,
          record.subject_number,
          OptionalBytes(record.name_sealed),
          OptionalBytes(record.mobile_sealed),
          OptionalBytes(record.mobile_hash),
          std::int64_t{record.age},
          record.sex,
          record.status,
          ToUnixMicros(record.created_at)};
}

db::BulkInsert InsertNew(const std::vector<SubjectRecord>& records) {
  db::BulkInsert insert{.name = "subject_register",
                        .table = "subject_subject",
                        .columns = {{"id", ColumnType::kText},
                                    {"study_id", ColumnType::kText},
                                    {"site_id", ColumnType::kText},
                                    {"subject_number", ColumnType::kText},
                                    {"name_sealed", ColumnType::kBytes},
                                    {"mobile_sealed", ColumnType::kBytes},
                                    {"mobile_hash", ColumnType::kBytes},
                                    {"age", ColumnType::kInt},
                                    {"sex", ColumnType::kText},
                                    {"status", ColumnType::kText},
                                    {"created_at", ColumnType::kInt}},
                        .suffix = "ON CONFLICT (study_id, subject_number) DO NOTHING RETURNING id",
                        .rows = {}};
  insert.rows.reserve(records.size());
  for (const SubjectRecord& record : records) insert.rows.push_back(ToParams(record));
  return insert;
}

// Takes the counter's row lock, so that two enrolments at a site get different numbers.
Task<Result<std::string>> NextNumber(db::Transaction& transaction,
                                     std::string study_id,
                                     std::string site_id) {
  VEDETTE_CO_TRY(auto rows, co_await transaction.Query(kNextNumber, Params{study_id, site_id}));
  co_return MakeSubjectNumber(site_id, rows[0].Int(0));
}

}  // namespace

std::span<const EmbeddedFile> Migrations() { return kMigrations; }

Task<Result<std::string>> SubjectStore::Create(Deadline deadline, SubjectRecord record) {
  const bool given = !record.subject_number.empty();
  VEDETTE_CO_TRY(auto transaction, co_await database_.BeginWrite(deadline));
  for (;;) {
    if (!given) {
      VEDETTE_CO_TRY(record.subject_number,
                     co_await NextNumber(*transaction, record.study_id, record.site_id));
    }
    VEDETTE_CO_TRY(auto inserted, co_await transaction->Query(kInsert, ToParams(record)));
    if (!inserted.empty()) break;
    // A made number that a file brought already is passed over.
    if (given) {
      co_return Fail(Error{Code::kAlreadyExists,
                           "The study has a subject with this number already.",
                           {{"subjectNumber", "is taken by another subject of the study"}}});
    }
  }
  VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
  co_return record.subject_number;
}

Task<Result<SubjectRecord>> SubjectStore::Get(Deadline deadline, std::string id) {
  VEDETTE_CO_TRY(auto rows, co_await database_.Query(deadline, kGet, Params{id}));
  if (rows.empty()) co_return Fail(Code::kNotFound, "There is no subject with this id.");
  co_return ReadRecord(rows[0]);
}

Task<Result<std::vector<SubjectRecord>>> SubjectStore::List(
    Deadline deadline,
    std::string study_id,
    std::optional<std::vector<std::string>> sites,
    std::string after,
    std::int64_t limit) {
  Params params{std::move(study_id), std::move(after), limit};
  if (sites) params.emplace_back(JsonArray(*sites));
  VEDETTE_CO_TRY(auto rows, co_await database_.Query(
                                deadline, sites ? kListSites.For(database_.dialect()) : kListAll,
                                std::move(params)));
  co_return ReadRecords(rows);
}

Task<Result<RegisterOutcome>> SubjectStore::Register(Deadline deadline,
                                                     std::string study_id,
                                                     std::vector<Registration> registrations,
                                                     std::vector<SubjectRecord> records) {
  // In one order, so that two registrations of the same subjects do not wait for each other.
  std::ranges::sort(records, {}, &SubjectRecord::subject_number);
  std::vector<std::string> numbers;
  for (const SubjectRecord& record : records) numbers.push_back(record.subject_number);

  VEDETTE_CO_TRY(auto transaction, co_await database_.BeginWrite(deadline));
  VEDETTE_CO_TRY(auto created, co_await transaction->Insert(InsertNew(records)));
  // Read after inserting: what stood in the way is committed, and so is seen.
  VEDETTE_CO_TRY(auto stored,
                 co_await transaction->Query(kResolve.For(database_.dialect()),
                                             Params{std::move(study_id), JsonArray(numbers)}));
  VEDETTE_CO_CHECK_OK(CheckSitesAgree(registrations, ReadResolved(stored)));
  VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
  const auto count = static_cast<std::int32_t>(created.size());
  co_return RegisterOutcome{count, static_cast<std::int32_t>(records.size()) - count};
}

Task<Result<std::vector<ResolvedSubject>>> SubjectStore::Resolve(
    Deadline deadline, std::string study_id, std::vector<std::string> subject_numbers) {
  VEDETTE_CO_TRY(auto rows,
                 co_await database_.Query(deadline, kResolve.For(database_.dialect()),
                                          Params{std::move(study_id), JsonArray(subject_numbers)}));
  co_return ReadResolved(rows);
}

Task<Result<std::vector<SubjectRecord>>> SubjectStore::GetMany(Deadline deadline,
                                                               std::string study_id,
                                                               std::vector<std::string> ids) {
  VEDETTE_CO_TRY(auto rows, co_await database_.Query(deadline, kGetMany.For(database_.dialect()),
                                                     Params{std::move(study_id), JsonArray(ids)}));
  co_return ReadRecords(rows);
}

Task<Result<bool>> SubjectStore::HoldsPersonalData(Deadline deadline) {
  VEDETTE_CO_TRY(auto rows, co_await database_.Query(deadline, kAnySealed));
  co_return !rows.empty();
}

}  // namespace vedette::subject
