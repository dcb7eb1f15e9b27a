// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/rule_store.h"

#include <utility>

#include "services/monitor/columns.h"
#include "services/monitor/peers.h"

namespace vedette::monitor {
namespace {

using db::kNull;
using db::Params;
using db::Row;
using db::Sql;
using db::Value;

constexpr Sql kLoadRules{
    "monitor_load_rules",
    "SELECT version_id, study_id, rule_id, version, definition, content_hash, catalog_revision,"
    " active_from, active_until, covered FROM monitor_rule ORDER BY version_id"};
constexpr Sql kLoadCatalogs{"monitor_load_catalogs",
                            "SELECT study_id, revision, items, design FROM monitor_catalog c"
                            " WHERE EXISTS (SELECT 1 FROM monitor_rule r WHERE"
                            " r.study_id = c.study_id AND r.catalog_revision = c.revision)"};
constexpr Sql kPutRule{
    "monitor_put_rule",
    "INSERT INTO monitor_rule (version_id, study_id, rule_id, version, definition, content_hash,"
    " catalog_revision, active_from, active_until, covered)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    " ON CONFLICT (version_id) DO UPDATE SET active_from = excluded.active_from,"
    " active_until = excluded.active_until, catalog_revision = excluded.catalog_revision"};
constexpr Sql kPutCatalog{"monitor_put_catalog",
                          "INSERT INTO monitor_catalog (study_id, revision, items, design)"
                          " VALUES ($1, $2, $3, $4) ON CONFLICT (study_id, revision) DO NOTHING"};

}  // namespace

Task<Result<std::vector<KnownRule>>> RuleStore::LoadRules(Deadline deadline) {
  VEDETTE_CO_TRY(const auto rows, co_await database_.Query(deadline, kLoadRules));
  std::vector<KnownRule> rules;
  rules.reserve(rows.size());
  for (const Row& row : rows) {
    rules.push_back(
        {.version_id = row.Text(0),
         .study_id = row.Text(1),
         .rule_id = row.Text(2),
         .version = static_cast<std::int32_t>(row.Int(3)),
         .definition = row.Text(4),
         .content_hash = row.Text(5),
         .catalog_revision = row.Int(6),
         .period = {FromUnixMicros(row.Int(7)), TimeOrNone(row, 8).value_or(Timestamp::max())},
         .covered = row.Bool(9)});
  }
  co_return rules;
}

Task<Result<std::vector<CatalogSnapshot>>> RuleStore::LoadCatalogs(Deadline deadline) {
  VEDETTE_CO_TRY(const auto rows, co_await database_.Query(deadline, kLoadCatalogs));
  std::vector<CatalogSnapshot> catalogs;
  catalogs.reserve(rows.size());
  for (const Row& row : rows) {
    catalogs.push_back(MakeSnapshot(row.Text(0), row.Int(1), row.Blob(2), row.Blob(3)));
  }
  co_return catalogs;
}

Task<Status> RuleStore::PutRule(Deadline deadline, KnownRule rule) {
  const auto until =
      rule.period.until == Timestamp::max() ? Value(kNull) : Value(ToUnixMicros(rule.period.until));
  Params params{std::move(rule.version_id),
                std::move(rule.study_id),
                std::move(rule.rule_id),
                std::int64_t{rule.version},
                std::move(rule.definition),
                std::move(rule.content_hash),
                rule.catalog_revision,
                ToUnixMicros(rule.period.from),
                until,
                rule.covered};
  VEDETTE_CO_CHECK_OK(co_await database_.Query(deadline, kPutRule, std::move(params)));
  co_return Status{};
}

Task<Status> RuleStore::PutCatalog(Deadline deadline, CatalogSnapshot catalog) {
  Params params{std::move(catalog.study_id), catalog.revision, Bytes{std::move(catalog.items)},
                Bytes{std::move(catalog.design)}};
  VEDETTE_CO_CHECK_OK(co_await database_.Query(deadline, kPutCatalog, std::move(params)));
  co_return Status{};
}

}  // namespace vedette::monitor
