// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <utility>

#include "services/monitor/alert_changes.h"
#include "services/monitor/alert_tables.h"
#include "services/monitor/columns.h"

namespace vedette::monitor {
namespace {

using db::BulkInsert;
using db::Params;
using db::Row;
using db::Sql;

constexpr Sql kFindStanding{
    "monitor_find_standing",
    "SELECT a.severity, s.detection, s.workflow, s.closed_as, s.assignee,"
    " (SELECT COALESCE(MAX(c.sequence), 0) FROM monitor_alert_change c WHERE c.alert_id = a.id)"
    " FROM monitor_alert a JOIN monitor_alert_state s ON s.alert_id = a.id"
    " WHERE a.id = $1 AND a.study_id = $2"};
constexpr Sql kSetWorkflow{"monitor_set_workflow",
                           "UPDATE monitor_alert_state SET workflow = $2, closed_as = $3,"
                           " assignee = $4 WHERE alert_id = $1"};

struct KnownStanding {
  Standing standing;
  std::string detection;
  std::int64_t change_sequence = 0;
};

Task<Result<std::optional<KnownStanding>>> FindStanding(db::Transaction& transaction,
                                                        std::string study_id,
                                                        Uuid id) {
  VEDETTE_CO_TRY(const auto rows, co_await transaction.Query(
                                      kFindStanding, Params{BlobOf(id), std::move(study_id)}));
  if (rows.empty()) co_return std::nullopt;
  const Row& row = rows[0];
  co_return KnownStanding{.standing = {.severity = static_cast<rules::Severity>(row.Int(0)),
                                       .workflow = {row.Text(2), row.Text(3), row.Text(4)}},
                          .detection = row.Text(1),
                          .change_sequence = row.Int(5)};
}

}  // namespace

Task<Result<Status>> WriteAction(db::Transaction& transaction, ActionEntry entry, Timestamp now) {
  VEDETTE_CO_TRY(const auto known,
                 co_await FindStanding(transaction, entry.study_id, entry.alert_id));
  if (!known) co_return Status(Fail(Code::kNotFound, "The study has no such alert."));
  if (entry.seen != 0 && entry.seen != known->change_sequence) {
    co_return Status(
        Fail(Code::kConflict, "The alert has changed since you saw it; look at it again."));
  }
  const auto after = Decide(known->standing, entry.request);
  if (!after) co_return Status(std::unexpected(after.error()));
  AlertChange change{.change = std::string(ActionText(entry.request.action)),
                     .at = now,
                     .recorded_at = now,
                     .actor = std::move(entry.actor),
                     .reason = entry.request.close_as,
                     .text = std::move(entry.request.text),
                     .detection = known->detection,
                     .workflow = after->state,
                     .signed_by = std::move(entry.signed_by)};
  if (!change.signed_by.empty()) change.signature_meaning = SignatureMeaning(entry.request);
  BulkInsert changes = ChangeInsert();
  changes.rows.push_back(ChangeParams(entry.alert_id, entry.study_id, std::move(change)));
  VEDETTE_CO_CHECK_OK(co_await transaction.Insert(std::move(changes)));
  VEDETTE_CO_CHECK_OK(co_await transaction.Query(
      kSetWorkflow,
      Params{BlobOf(entry.alert_id), after->state, after->closed_as, after->assignee}));
  co_return Status{};
}

}  // namespace vedette::monitor
