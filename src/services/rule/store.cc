// SPDX-License-Identifier: Apache-2.0
#include "services/rule/store.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "services/rule/policy.h"

namespace vedette::rule {
namespace {

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

#define VEDETTE_RULE_COLUMNS                                                            \
  "SELECT id, study_id, rule_id, version, name, name_zh, severity, scope, definition,"  \
  " content_hash, plain_words, plain_words_zh, items, unblinding, tests, tests_passed," \
  " created_by, created_at, status, backtest_id, active_from, active_until FROM rule_version v"
#define VEDETTE_SIGNATURE_COLUMNS                                  \
  "SELECT s.version_id, s.user_id, s.name, s.meaning, s.signed_at" \
  " FROM rule_signature s JOIN rule_version v ON v.id = s.version_id"

// A reading of versions and the same reading of their signatures.
struct Reading {
  Sql versions;
  Sql signatures;
};
#define VEDETTE_READING(name, where, order)                    \
  {{"rule_" name, VEDETTE_RULE_COLUMNS " WHERE " where order}, \
   {"rule_" name "_signatures",                                \
    VEDETTE_SIGNATURE_COLUMNS " WHERE " where " ORDER BY s.signed_at, s.user_id"}}

constexpr Reading kListRule =
    VEDETTE_READING("list_rule", "v.study_id = $1 AND v.rule_id = $2", " ORDER BY version");
constexpr Reading kListStudy =
    VEDETTE_READING("list_study", "v.study_id = $1", " ORDER BY rule_id, version");
constexpr Reading kListAtWork =
    VEDETTE_READING("list_at_work", "v.status <> 'draft'", " ORDER BY study_id, rule_id, version");
constexpr Reading kGetVersion = VEDETTE_READING("get_version", "v.id = $1 AND v.study_id = $2", "");
#undef VEDETTE_READING
#undef VEDETTE_SIGNATURE_COLUMNS
#undef VEDETTE_RULE_COLUMNS

constexpr Sql kInsert{
    "rule_insert_version",
    "INSERT INTO rule_version (id, study_id, rule_id, version, name, name_zh, severity, scope,"
    " definition, content_hash, plain_words, plain_words_zh, items, unblinding, tests,"
    " tests_passed, created_by, created_at, status, backtest_id)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,"
    " $20)"};
constexpr Sql kActivate{
    "rule_activate_version",
    "UPDATE rule_version SET status = 'active', active_from = $2 WHERE id = $1"};
constexpr Sql kRetire{
    "rule_retire_version",
    "UPDATE rule_version SET status = 'retired', active_until = $2 WHERE id = $1"};
constexpr Sql kAttach{"rule_attach_backtest",
                      "UPDATE rule_version SET backtest_id = $2 WHERE id = $1"};
constexpr Sql kSign{"rule_sign_version",
                    "INSERT INTO rule_signature (version_id, user_id, name, meaning, signed_at)"
                    " VALUES ($1, $2, $3, $4, $5)"};

// Above this many, one reading of the study is cheaper than a statement an id.
constexpr std::size_t kFewIds = 8;

Timestamp ReadTime(const Row& row, std::size_t column) {
  return row.IsNull(column) ? Timestamp::max() : FromUnixMicros(row.Int(column));
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).append("\n");
  return text;
}

Result<std::vector<RuleVersion>> ReadVersions(const Rows& rows, const Rows& signatures) {
  std::vector<RuleVersion> versions;
  versions.reserve(rows.size());
  std::unordered_map<std::string_view, std::size_t> places;
  for (const Row& row : rows) {
    VEDETTE_TRY(const RuleStatus status, ParseStatus(row.Text(18)));
    places.emplace(row.Text(0), versions.size());
    versions.push_back({.version_id = row.Text(0),
                        .study_id = row.Text(1),
                        .rule_id = row.Text(2),
                        .version = static_cast<std::int32_t>(row.Int(3)),
                        .name = row.Text(4),
                        .name_zh = row.Text(5),
                        .severity = static_cast<rules::Severity>(row.Int(6)),
                        .scope = row.Text(7),
                        .definition = row.Text(8),
                        .content_hash = row.Text(9),
                        .plain_words = row.Text(10),
                        .plain_words_zh = row.Text(11),
                        .items = Lines(row.Text(12)),
                        .unblinding = row.Int(13) != 0,
                        .tests = static_cast<std::int32_t>(row.Int(14)),
                        .tests_passed = row.Int(15) != 0,
                        .created_by = row.Text(16),
                        .created_at = FromUnixMicros(row.Int(17)),
                        .status = status,
                        .backtest_id = row.Text(19),
                        .period = {ReadTime(row, 20), ReadTime(row, 21)}});
  }
  for (const Row& row : signatures) {
    const auto place = places.find(row.Text(0));
    if (place == places.end()) continue;  // of a version that came after the first reading
    versions[place->second].signatures.push_back(
        {row.Text(1), row.Text(2), row.Text(3), FromUnixMicros(row.Int(4))});
  }
  return versions;
}

Task<Result<std::vector<RuleVersion>>> Read(db::Transaction& transaction,
                                            const Reading& reading,
                                            Params params) {
  VEDETTE_CO_TRY(auto rows, co_await transaction.Query(reading.versions, params));
  VEDETTE_CO_TRY(auto signatures,
                 co_await transaction.Query(reading.signatures, std::move(params)));
  co_return ReadVersions(rows, signatures);
}

Task<Result<std::vector<RuleVersion>>> Read(db::Database& database,
                                            Deadline deadline,
                                            const Reading& reading,
                                            Params params) {
  VEDETTE_CO_TRY(auto read, co_await database.BeginRead(deadline));
  co_return co_await Read(*read, reading, std::move(params));
}

}  // namespace

Task<Result<RuleChange>> RuleStore::BeginChange(Deadline deadline,
                                                std::string study_id,
                                                std::string rule_id,
                                                Timestamp now) {
  VEDETTE_CO_TRY(auto transaction, co_await database_.BeginWrite(deadline));
  VEDETTE_CO_TRY(auto touched,
                 co_await transaction->Query(kTouch, Params{study_id, rule_id, ToUnixMicros(now)}));
  VEDETTE_CO_TRY(auto versions, co_await Read(*transaction, kListRule, Params{study_id, rule_id}));
  co_return RuleChange(std::move(transaction), FromUnixMicros(touched[0].Int(0)),
                       std::move(versions));
}

Task<Status> RuleChange::Add(RuleVersion version) {
  Params params{std::move(version.version_id),
                std::move(version.study_id),
                std::move(version.rule_id),
                std::int64_t{version.version},
                std::move(version.name),
                std::move(version.name_zh),
                static_cast<std::int64_t>(version.severity),
                std::move(version.scope),
                std::move(version.definition),
                std::move(version.content_hash),
                std::move(version.plain_words),
                std::move(version.plain_words_zh),
                Joined(version.items),
                static_cast<std::int64_t>(version.unblinding),
                std::int64_t{version.tests},
                static_cast<std::int64_t>(version.tests_passed),
                std::move(version.created_by),
                ToUnixMicros(version.created_at),
                std::string(StatusText(version.status)),
                std::move(version.backtest_id)};
  VEDETTE_CO_CHECK_OK(co_await transaction_->Query(kInsert, std::move(params)));
  co_return Status{};
}

Task<Status> RuleChange::Apply(StatusChange change) {
  const Sql statement = change.status == RuleStatus::kActive ? kActivate : kRetire;
  Params params{std::move(change.version_id), ToUnixMicros(change.at)};
  VEDETTE_CO_CHECK_OK(co_await transaction_->Query(statement, std::move(params)));
  co_return Status{};
}

Task<Status> RuleChange::Sign(std::string version_id, Signature signature) {
  Params params{std::move(version_id), std::move(signature.user_id), std::move(signature.name),
                std::move(signature.meaning), ToUnixMicros(signature.signed_at)};
  VEDETTE_CO_CHECK_OK(co_await transaction_->Query(kSign, std::move(params)));
  co_return Status{};
}

Task<Status> RuleChange::Attach(std::string version_id, std::string backtest_id) {
  VEDETTE_CO_CHECK_OK(
      co_await transaction_->Query(kAttach, Params{std::move(version_id), std::move(backtest_id)}));
  co_return Status{};
}

Task<Status> RuleChange::Commit() { co_return co_await transaction_->Commit(); }

Task<Result<std::vector<RuleVersion>>> RuleStore::ListStudy(Deadline deadline,
                                                            std::string study_id) {
  co_return co_await Read(database_, deadline, kListStudy, Params{std::move(study_id)});
}

Task<Result<std::vector<RuleVersion>>> RuleStore::ListRule(Deadline deadline,
                                                           std::string study_id,
                                                           std::string rule_id) {
  co_return co_await Read(database_, deadline, kListRule,
                          Params{std::move(study_id), std::move(rule_id)});
}

Task<Result<std::vector<RuleVersion>>> RuleStore::ListAtWork(Deadline deadline) {
  co_return co_await Read(database_, deadline, kListAtWork, Params{});
}

Task<Result<std::vector<RuleVersion>>> RuleStore::GetVersions(Deadline deadline,
                                                              std::string study_id,
                                                              std::vector<std::string> ids) {
  std::unordered_set<std::string> wanted(ids.begin(), ids.end());
  if (wanted.size() > kFewIds) {
    VEDETTE_CO_TRY(auto versions, co_await ListStudy(deadline, std::move(study_id)));
    std::erase_if(versions,
                  [&](const RuleVersion& version) { return !wanted.contains(version.version_id); });
    co_return versions;
  }
  std::vector<RuleVersion> versions;
  for (const std::string& id : wanted) {
    VEDETTE_CO_TRY(auto found,
                   co_await Read(database_, deadline, kGetVersion, Params{id, study_id}));
    for (RuleVersion& version : found) versions.push_back(std::move(version));
  }
  co_return versions;
}

}  // namespace vedette::rule
