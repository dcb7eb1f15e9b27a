// SPDX-License-Identifier: Apache-2.0
#include "services/rule/store.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "services/rule/policy.h"

namespace vedette::rule {
namespace {

using db::kNull;
using db::Params;
using db::Row;
using db::Rows;
using db::Sql;

// Takes the rule's row lock and gives the time of this change.
constexpr Sql kTouch{
    "rule_touch",
    "INSERT INTO rule_head (study_id, rule_id, changed_at) VALUES ($1, $2, $3)"
    " ON CONFLICT (study_id, rule_id) DO UPDATE SET changed_at ="
    " CASE WHEN rule_head.changed_at < excluded.changed_at THEN excluded.changed_at"
    " ELSE rule_head.changed_at + 1 END"
    " RETURNING changed_at"};

#define VEDETTE_RULE_COLUMNS                                                                  \
  "SELECT id, study_id, rule_id, version, name, item, comparison, threshold, unit, severity," \
  " message, content_hash, status, created_by, created_at, active_from, active_until"         \
  " FROM rule_version"

constexpr Sql kListRule{"rule_list_rule", VEDETTE_RULE_COLUMNS
                        " WHERE study_id = $1 AND rule_id = $2 ORDER BY version"};
constexpr Sql kListStudy{"rule_list_study",
                         VEDETTE_RULE_COLUMNS " WHERE study_id = $1 ORDER BY rule_id, version"};
constexpr Sql kListAtWork{"rule_list_at_work", VEDETTE_RULE_COLUMNS
                          " WHERE status <> 'draft' ORDER BY study_id, rule_id, version"};
constexpr Sql kGetVersion{"rule_get_version",
                          VEDETTE_RULE_COLUMNS " WHERE id = $1 AND study_id = $2"};
#undef VEDETTE_RULE_COLUMNS

constexpr Sql kInsert{
    "rule_insert_version",
    "INSERT INTO rule_version (id, study_id, rule_id, version, name, item, comparison, threshold,"
    " unit, severity, message, content_hash, status, created_by, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"};
constexpr Sql kActivate{
    "rule_activate_version",
    "UPDATE rule_version SET status = 'active', active_from = $2 WHERE id = $1"};
constexpr Sql kRetire{
    "rule_retire_version",
    "UPDATE rule_version SET status = 'retired', active_until = $2 WHERE id = $1"};

// Above this many, one reading of the study is cheaper than a statement an id.
constexpr std::size_t kFewIds = 8;

Timestamp ReadTime(const Row& row, std::size_t column) {
  return row.IsNull(column) ? Timestamp::max() : FromUnixMicros(row.Int(column));
}

Result<std::vector<RuleVersion>> ReadVersions(const Rows& rows) {
  std::vector<RuleVersion> versions;
  versions.reserve(rows.size());
  for (const Row& row : rows) {
    VEDETTE_TRY(const RuleStatus status, ParseStatus(row.Text(12)));
    versions.push_back({.spec = {.version_id = row.Text(0),
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
                        .status = status,
                        .created_by = row.Text(13),
                        .created_at = FromUnixMicros(row.Int(14)),
                        .period = {ReadTime(row, 15), ReadTime(row, 16)}});
  }
  return versions;
}

std::int64_t Number(auto enumerator) { return static_cast<std::int64_t>(enumerator); }

}  // namespace

Task<Result<RuleChange>> RuleStore::BeginChange(Deadline deadline,
                                                std::string study_id,
                                                std::string rule_id,
                                                Timestamp now) {
  VEDETTE_CO_TRY(auto transaction, co_await database_.BeginWrite(deadline));
  VEDETTE_CO_TRY(auto touched,
                 co_await transaction->Query(kTouch, Params{study_id, rule_id, ToUnixMicros(now)}));
  VEDETTE_CO_TRY(auto rows, co_await transaction->Query(kListRule, Params{study_id, rule_id}));
  VEDETTE_CO_TRY(auto versions, ReadVersions(rows));
  co_return RuleChange(std::move(transaction), FromUnixMicros(touched[0].Int(0)),
                       std::move(versions));
}

Task<Status> RuleChange::Add(RuleVersion version) {
  rules::RuleSpec& spec = version.spec;
  Params params{std::move(spec.version_id),
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
                std::string(StatusText(version.status)),
                std::move(version.created_by),
                ToUnixMicros(version.created_at)};
  VEDETTE_CO_CHECK_OK(co_await transaction_->Query(kInsert, std::move(params)));
  co_return Status{};
}

Task<Status> RuleChange::Apply(StatusChange change) {
  const Sql statement = change.status == RuleStatus::kActive ? kActivate : kRetire;
  Params params{std::move(change.version_id), ToUnixMicros(change.at)};
  VEDETTE_CO_CHECK_OK(co_await transaction_->Query(statement, std::move(params)));
  co_return Status{};
}

Task<Status> RuleChange::Commit() { co_return co_await transaction_->Commit(); }

Task<Result<std::vector<RuleVersion>>> RuleStore::ListStudy(Deadline deadline,
                                                            std::string study_id) {
  VEDETTE_CO_TRY(auto rows,
                 co_await database_.Query(deadline, kListStudy, Params{std::move(study_id)}));
  co_return ReadVersions(rows);
}

Task<Result<std::vector<RuleVersion>>> RuleStore::ListAtWork(Deadline deadline) {
  VEDETTE_CO_TRY(auto rows, co_await database_.Query(deadline, kListAtWork));
  co_return ReadVersions(rows);
}

Task<Result<std::vector<RuleVersion>>> RuleStore::GetVersions(Deadline deadline,
                                                              std::string study_id,
                                                              std::vector<std::string> ids) {
  std::unordered_set<std::string> wanted(ids.begin(), ids.end());
  if (wanted.size() > kFewIds) {
    VEDETTE_CO_TRY(auto versions, co_await ListStudy(deadline, std::move(study_id)));
    std::erase_if(versions, [&](const RuleVersion& version) {
      return !wanted.contains(version.spec.version_id);
    });
    co_return versions;
  }
  std::vector<RuleVersion> versions;
  for (const std::string& id : wanted) {
    VEDETTE_CO_TRY(auto rows,
                   co_await database_.Query(deadline, kGetVersion, Params{id, study_id}));
    VEDETTE_CO_TRY(auto found, ReadVersions(rows));
    for (RuleVersion& version : found) versions.push_back(std::move(version));
  }
  co_return versions;
}

}  // namespace vedette::rule
