// SPDX-License-Identifier: Apache-2.0
#include "services/trial/store.h"

#include <optional>
#include <unordered_map>
#include <utility>

#include "services/trial/design_tables.h"
#include "trial_migrations.h"

namespace vedette::trial {
namespace {

using db::ColumnType;
using db::Params;
using db::Row;
using db::Rows;
using db::Sql;

constexpr Sql kInsertStudy{"trial_insert_study",
                           "INSERT INTO trial_study (id, name, phase, status, created_at, revision)"
                           " VALUES ($1, $2, $3, $4, $5, $6)"};
constexpr Sql kGetStudy{
    "trial_get_study",
    "SELECT id, name, phase, status, created_at, revision FROM trial_study WHERE id = $1"};
constexpr Sql kListStudies{
    "trial_list_studies",
    "SELECT id, name, phase, status, created_at, revision FROM trial_study ORDER BY id"};
// Also takes the study's row lock, which makes changes to one study wait for each other.
constexpr Sql kGrowRevision{
    "trial_grow_revision",
    "UPDATE trial_study SET revision = revision + 1 WHERE id = $1 RETURNING revision"};
constexpr Sql kListSites{
    "trial_list_sites", "SELECT id, name, country FROM trial_site WHERE study_id = $1 ORDER BY id"};
constexpr Sql kListItems{"trial_list_items",
                         "SELECT code, name, domain, type, unit, plausible_low, plausible_high,"
                         " value_kind, role, rule_name, form, codelist, grading, expected_every,"
                         " unblinding"
                         " FROM trial_item WHERE study_id = $1 ORDER BY code"};
constexpr Sql kListConversions{"trial_list_conversions",
                               "SELECT item_code, unit, factor, addend FROM trial_unit_conversion"
                               " WHERE study_id = $1 ORDER BY item_code, unit"};
constexpr Sql kDeleteConversions{
    "trial_delete_conversions",
    "DELETE FROM trial_unit_conversion WHERE study_id = $1 AND item_code = $2"};

constexpr std::string_view kActive = "active";
constexpr std::string_view kClosed = "closed";
constexpr std::string_view kNumber = "number";
constexpr std::string_view kText = "text";

struct TypeColumns {
  std::string_view type;
  std::string_view value_kind;
};

TypeColumns ColumnsOf(ItemType type) {
  switch (type) {
    case ItemType::kText:
      return {kText, ""};
    case ItemType::kTime:
      return {kText, "time"};
    case ItemType::kBoolean:
      return {kText, "boolean"};
    case ItemType::kNumber:
      break;
  }
  return {kNumber, ""};
}

ItemType ReadType(const std::string& type, const std::string& value_kind) {
  if (type != kText) return ItemType::kNumber;
  if (value_kind == "time") return ItemType::kTime;
  return value_kind == "boolean" ? ItemType::kBoolean : ItemType::kText;
}

std::string RoleText(ItemRole role) {
  switch (role) {
    case ItemRole::kField:
      return "field";
    case ItemRole::kAttribute:
      return "attribute";
    case ItemRole::kSeries:
      break;
  }
  return "series";
}

ItemRole ReadRole(const std::string& text) {
  if (text == "field") return ItemRole::kField;
  return text == "attribute" ? ItemRole::kAttribute : ItemRole::kSeries;
}

Study ReadStudy(const Row& row) {
  return {.id = row.Text(0),
          .name = row.Text(1),
          .phase = row.Text(2),
          .status = row.Text(3) == kClosed ? StudyStatus::kClosed : StudyStatus::kActive,
          .created_at = FromUnixMicros(row.Int(4)),
          .revision = row.Int(5)};
}

std::vector<Site> ReadSites(const Rows& rows) {
  std::vector<Site> sites;
  sites.reserve(rows.size());
  for (const Row& row : rows) sites.push_back({row.Text(0), row.Text(1), row.Text(2)});
  return sites;
}

std::optional<double> ReadOptionalReal(const Row& row, std::size_t column) {
  if (row.IsNull(column)) return std::nullopt;
  return row.Real(column);
}

std::vector<Item> ReadItems(const Rows& items, const Rows& conversions) {
  std::vector<Item> read;
  read.reserve(items.size());
  std::unordered_map<std::string_view, std::size_t> places;
  for (const Row& row : items) {
    places.emplace(row.Text(0), read.size());
    read.push_back({.code = row.Text(0),
                    .name = row.Text(1),
                    .domain = row.Text(2),
                    .type = ReadType(row.Text(3), row.Text(7)),
                    .unit = row.Text(4),
                    .accepted_units = {},
                    .plausible_low = ReadOptionalReal(row, 5),
                    .plausible_high = ReadOptionalReal(row, 6),
                    .role = ReadRole(row.Text(8)),
                    .rule_name = row.Text(9),
                    .form = row.Text(10),
                    .codelist = row.Text(11),
                    .grading = row.Text(12),
                    .expected_every = row.Int(13),
                    .unblinding = row.Int(14) != 0});
  }
  for (const Row& row : conversions) {
    read[places.at(row.Text(0))].accepted_units.push_back({row.Text(1), row.Real(2), row.Real(3)});
  }
  return read;
}

db::Value OptionalReal(const std::optional<double>& value) {
  if (value) return *value;
  return db::kNull;
}

void AddItemRows(const std::string& study_id,
                 const std::vector<Item>& items,
                 std::vector<Params>& item_rows,
                 std::vector<Params>& conversion_rows) {
  for (const Item& item : items) {
    const TypeColumns type = ColumnsOf(item.type);
    item_rows.push_back({study_id, item.code, item.name, item.domain, std::string(type.type),
                         item.unit, OptionalReal(item.plausible_low),
                         OptionalReal(item.plausible_high), std::string(type.value_kind),
                         RoleText(item.role), item.rule_name, item.form, item.codelist,
                         item.grading, item.expected_every,
                         static_cast<std::int64_t>(item.unblinding)});
    for (const UnitConversion& conversion : item.accepted_units) {
      conversion_rows.push_back(
          {study_id, item.code, conversion.unit, conversion.factor, conversion.offset});
    }
  }
}

db::BulkInsert UpsertSites(std::vector<Params> rows) {
  return {.name = "trial_upsert_sites",
          .table = "trial_site",
          .columns = {{"study_id", ColumnType::kText},
                      {"id", ColumnType::kText},
                      {"name", ColumnType::kText},
                      {"country", ColumnType::kText}},
          .suffix =
              "ON CONFLICT (study_id, id) DO UPDATE"
              " SET name = excluded.name, country = excluded.country",
          .rows = std::move(rows)};
}

db::BulkInsert UpsertItems(std::vector<Params> rows) {
  return {.name = "trial_upsert_items",
          .table = "trial_item",
          .columns = {{"study_id", ColumnType::kText},
                      {"code", ColumnType::kText},
                      {"name", ColumnType::kText},
                      {"domain", ColumnType::kText},
                      {"type", ColumnType::kText},
                      {"unit", ColumnType::kText},
                      {"plausible_low", ColumnType::kReal},
                      {"plausible_high", ColumnType::kReal},
                      {"value_kind", ColumnType::kText},
                      {"role", ColumnType::kText},
                      {"rule_name", ColumnType::kText},
                      {"form", ColumnType::kText},
                      {"codelist", ColumnType::kText},
                      {"grading", ColumnType::kText},
                      {"expected_every", ColumnType::kInt},
                      {"unblinding", ColumnType::kInt}},
          .suffix =
              "ON CONFLICT (study_id, code) DO UPDATE"
              " SET name = excluded.name, domain = excluded.domain,"
              " plausible_low = excluded.plausible_low,"
              " plausible_high = excluded.plausible_high, role = excluded.role,"
              " rule_name = excluded.rule_name, form = excluded.form,"
              " codelist = excluded.codelist, grading = excluded.grading,"
              " expected_every = excluded.expected_every, unblinding = excluded.unblinding",
          .rows = std::move(rows)};
}

db::BulkInsert InsertConversions(std::vector<Params> rows) {
  return {.name = "trial_insert_conversions",
          .table = "trial_unit_conversion",
          .columns = {{"study_id", ColumnType::kText},
                      {"item_code", ColumnType::kText},
                      {"unit", ColumnType::kText},
                      {"factor", ColumnType::kReal},
                      {"addend", ColumnType::kReal}},
          .rows = std::move(rows)};
}

std::unexpected<Error> NoStudy(const std::string& study_id) {
  return Fail(Code::kNotFound, "There is no study \"" + study_id + "\".");
}

}  // namespace

std::span<const EmbeddedFile> Migrations() { return kMigrations; }

Task<Status> TrialStore::CreateStudy(Deadline deadline, Study study) {
  auto inserted = co_await database_.Query(
      deadline, kInsertStudy,
      Params{study.id, study.name, study.phase,
             std::string(study.status == StudyStatus::kClosed ? kClosed : kActive),
             ToUnixMicros(study.created_at), study.revision});
  if (!inserted && inserted.error().code == Code::kAlreadyExists) {
    co_return Fail(Error{Code::kAlreadyExists,
                         "There is already a study \"" + study.id + "\".",
                         {{"id", "is taken by another study"}}});
  }
  VEDETTE_CO_CHECK_OK(std::move(inserted));
  co_return Status{};
}

Task<Result<Study>> TrialStore::GetStudy(Deadline deadline, std::string study_id) {
  VEDETTE_CO_TRY(auto rows, co_await database_.Query(deadline, kGetStudy, Params{study_id}));
  if (rows.empty()) co_return NoStudy(study_id);
  co_return ReadStudy(rows[0]);
}

Task<Result<std::vector<Study>>> TrialStore::ListStudies(Deadline deadline) {
  VEDETTE_CO_TRY(auto rows, co_await database_.Query(deadline, kListStudies));
  std::vector<Study> studies;
  studies.reserve(rows.size());
  for (const Row& row : rows) studies.push_back(ReadStudy(row));
  co_return studies;
}

Task<Result<std::vector<Site>>> TrialStore::ListSites(Deadline deadline, std::string study_id) {
  VEDETTE_CO_TRY(auto read, co_await database_.BeginRead(deadline));
  VEDETTE_CO_TRY(auto study, co_await read->Query(kGetStudy, Params{study_id}));
  if (study.empty()) co_return NoStudy(study_id);
  VEDETTE_CO_TRY(auto sites, co_await read->Query(kListSites, Params{study_id}));
  co_return ReadSites(sites);
}

Task<Result<Dictionary>> TrialStore::ListItems(Deadline deadline, std::string study_id) {
  VEDETTE_CO_TRY(auto read, co_await database_.BeginRead(deadline));
  VEDETTE_CO_TRY(auto study, co_await read->Query(kGetStudy, Params{study_id}));
  if (study.empty()) co_return NoStudy(study_id);
  VEDETTE_CO_TRY(auto items, co_await read->Query(kListItems, Params{study_id}));
  VEDETTE_CO_TRY(auto conversions, co_await read->Query(kListConversions, Params{study_id}));
  co_return Dictionary{ReadItems(items, conversions), ReadStudy(study[0]).revision};
}

Task<Result<RevisedDesign>> TrialStore::GetDesign(Deadline deadline, std::string study_id) {
  VEDETTE_CO_TRY(auto read, co_await database_.BeginRead(deadline));
  VEDETTE_CO_TRY(auto study, co_await read->Query(kGetStudy, Params{study_id}));
  if (study.empty()) co_return NoStudy(study_id);
  VEDETTE_CO_TRY(auto design, co_await ReadDesign(*read, study_id));
  co_return RevisedDesign{std::move(design), ReadStudy(study[0]).revision};
}

Task<Result<StudyChange>> TrialStore::BeginChange(Deadline deadline, std::string study_id) {
  VEDETTE_CO_TRY(auto transaction, co_await database_.BeginWrite(deadline));
  VEDETTE_CO_TRY(auto grown, co_await transaction->Query(kGrowRevision, Params{study_id}));
  if (grown.empty()) co_return NoStudy(study_id);
  co_return StudyChange(std::move(transaction), std::move(study_id), grown[0].Int(0));
}

Task<Result<std::vector<Site>>> StudyChange::Sites() {
  VEDETTE_CO_TRY(auto rows, co_await transaction_->Query(kListSites, Params{study_id_}));
  co_return ReadSites(rows);
}

Task<Result<std::vector<Item>>> StudyChange::Items() {
  VEDETTE_CO_TRY(auto items, co_await transaction_->Query(kListItems, Params{study_id_}));
  VEDETTE_CO_TRY(auto conversions,
                 co_await transaction_->Query(kListConversions, Params{study_id_}));
  co_return ReadItems(items, conversions);
}

Task<Status> StudyChange::PutSites(Changes<Site> changes) {
  std::vector<Params> rows;
  for (const auto* sites : {&changes.added, &changes.changed}) {
    for (const Site& site : *sites) rows.push_back({study_id_, site.id, site.name, site.country});
  }
  VEDETTE_CO_CHECK_OK(co_await transaction_->Insert(UpsertSites(std::move(rows))));
  co_return Status{};
}

Task<Status> StudyChange::PutItems(Changes<Item> changes) {
  for (const Item& item : changes.changed) {
    VEDETTE_CO_CHECK_OK(
        co_await transaction_->Query(kDeleteConversions, Params{study_id_, item.code}));
  }
  std::vector<Params> items;
  std::vector<Params> conversions;
  AddItemRows(study_id_, changes.added, items, conversions);
  AddItemRows(study_id_, changes.changed, items, conversions);
  VEDETTE_CO_CHECK_OK(co_await transaction_->Insert(UpsertItems(std::move(items))));
  if (!conversions.empty()) {
    VEDETTE_CO_CHECK_OK(co_await transaction_->Insert(InsertConversions(std::move(conversions))));
  }
  co_return Status{};
}

Task<Result<Design>> StudyChange::GetDesign() {
  co_return co_await ReadDesign(*transaction_, study_id_);
}

Task<Status> StudyChange::PutDesign(Design design) {
  co_return co_await WriteDesign(*transaction_, study_id_, std::move(design));
}

Task<Status> StudyChange::Commit() { co_return co_await transaction_->Commit(); }

}  // namespace vedette::trial
