// SPDX-License-Identifier: Apache-2.0
#include "kit/db/migrate.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/sha256.h"
#include "kit/db/sql_text.h"

namespace vedette::db {
namespace {

constexpr std::chrono::minutes kTimeout{10};  // of one migration, waiting for the lock included
constexpr std::size_t kDigits = 4;

struct Migration {
  std::int64_t number = 0;
  std::string name;
  std::string digest;  // of the file as written
  std::string script;  // in the database's dialect
};

struct FileName {
  std::int64_t number = 0;
  std::optional<Dialect> dialect;  // absent: for both
};

Result<FileName> ParseName(std::string_view name) {
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  const std::string wrong = "A migration is named NNNN_what.sql, not " + std::string(name);
  if (name.size() <= kDigits || !std::ranges::all_of(name.substr(0, kDigits), is_digit) ||
      name[kDigits] != '_' || !name.ends_with(".sql")) {
    return Fail(Code::kInternal, wrong);
  }
  FileName parsed{std::stoll(std::string(name.substr(0, kDigits))), std::nullopt};
  if (name.ends_with(".sqlite.sql")) parsed.dialect = Dialect::kSqlite;
  if (name.ends_with(".postgres.sql")) parsed.dialect = Dialect::kPostgres;
  return parsed;
}

Result<std::vector<Migration>> Choose(std::span<const EmbeddedFile> files, Dialect dialect) {
  std::map<std::int64_t, Migration> chosen;
  for (const EmbeddedFile& file : files) {
    VEDETTE_TRY(const FileName name, ParseName(file.name));
    if (name.dialect && *name.dialect != dialect) continue;
    const bool rewrite = dialect == Dialect::kSqlite && !name.dialect;
    Migration migration{name.number, std::string(file.name),
                        HexEncode(AsBytes(Sha256(file.content))),
                        rewrite ? ToSqliteMigration(file.content) : std::string(file.content)};
    if (!chosen.emplace(name.number, std::move(migration)).second) {
      return Fail(Code::kInternal, "Two migrations have the number of " + std::string(file.name));
    }
  }
  std::vector<Migration> ordered;
  for (auto& [number, migration] : chosen) {
    if (number != static_cast<std::int64_t>(ordered.size()) + 1) {
      return Fail(Code::kInternal, "A migration is missing before " + migration.name);
    }
    ordered.push_back(std::move(migration));
  }
  return ordered;
}

constexpr Sql kLock("migration_lock",
                    "SELECT pg_advisory_xact_lock("
                    "hashtextextended('vedette migration of ' || current_schema(), 0))");
constexpr Sql kApplied("migrations_applied",
                       "SELECT number, name, sha256 FROM vedette_migration ORDER BY number");
constexpr Sql kRemember("migration_remember",
                        "INSERT INTO vedette_migration (number, name, sha256, applied_at) "
                        "VALUES ($1, $2, $3, $4)");
constexpr std::string_view kTable =
    "CREATE TABLE IF NOT EXISTS vedette_migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, "
    "sha256 TEXT NOT NULL, applied_at BIGINT NOT NULL)";

// The names and digests of what was applied must be those of the first files.
Status Compare(const Rows& applied, const std::vector<Migration>& migrations) {
  if (applied.size() > migrations.size()) {
    return Fail(Code::kFailedPrecondition, "The database is newer than this program: migration " +
                                               applied[migrations.size()].Text(1) + " is unknown.");
  }
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (applied[i].Int(0) == migrations[i].number && applied[i].Text(2) == migrations[i].digest) {
      continue;
    }
    return Fail(Code::kFailedPrecondition,
                "Migration " + migrations[i].name + " was changed after it had been applied as " +
                    applied[i].Text(1) + ". Restore it and add a new migration instead.");
  }
  return {};
}

// Takes the lock, and applies the next migration that is due. False when none is.
Task<Result<bool>> ApplyNext(Database& database,
                             const std::vector<Migration>& migrations,
                             Logger logger) {
  const SystemClock clock;
  VEDETTE_CO_TRY(const auto transaction,
                 co_await database.BeginWrite(Deadline::After(clock, kTimeout)));
  const bool sqlite = database.dialect() == Dialect::kSqlite;
  if (!sqlite) VEDETTE_CO_CHECK_OK(co_await transaction->Query(kLock));
  VEDETTE_CO_CHECK_OK(co_await transaction->ExecuteScript(
      "migration_table", sqlite ? ToSqliteMigration(kTable) : std::string(kTable)));
  VEDETTE_CO_TRY(const Rows applied, co_await transaction->Query(kApplied));
  VEDETTE_CO_CHECK_OK(Compare(applied, migrations));
  const bool due = applied.size() < migrations.size();
  if (due) {
    const Migration& next = migrations[applied.size()];
    VEDETTE_CO_CHECK_OK(co_await transaction->ExecuteScript("migration", next.script));
    Params row{next.number, next.name, next.digest, ToUnixMicros(clock.Now())};
    VEDETTE_CO_CHECK_OK(co_await transaction->Query(kRemember, std::move(row)));
    logger.Info("applying a migration", {{"migration", next.name}});
  }
  VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
  co_return due;
}

}  // namespace

Task<Status> Migrate(Database& database, std::span<const EmbeddedFile> files, Logger logger) {
  // A file missing for one dialect shows on the other too.
  for (const Dialect dialect : {Dialect::kSqlite, Dialect::kPostgres}) {
    VEDETTE_CO_CHECK_OK(Choose(files, dialect));
  }
  VEDETTE_CO_TRY(const std::vector<Migration> migrations, Choose(files, database.dialect()));
  while (true) {
    VEDETTE_CO_TRY(const bool more, co_await ApplyNext(database, migrations, logger));
    if (!more) co_return Status();
  }
}

}  // namespace vedette::db
