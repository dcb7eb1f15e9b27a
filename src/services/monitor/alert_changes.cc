// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/alert_changes.h"

#include <utility>

#include "services/monitor/columns.h"

namespace vedette::monitor {

db::BulkInsert ChangeInsert() {
  using enum db::ColumnType;
  return {.name = "monitor_insert_alert_changes",
          .table = "monitor_alert_change",
          .columns = {{"alert_id", kBytes},
                      {"study_id", kText},
                      {"change", kText},
                      {"at", kInt},
                      {"recorded_at", kInt},
                      {"actor", kText},
                      {"reason", kText},
                      {"text", kText},
                      {"cause_event_id", kBytes},
                      {"cause_version", kInt},
                      {"late", kBool},
                      {"successor", kBytes},
                      {"detection", kText},
                      {"workflow", kText},
                      {"signature_meaning", kText},
                      {"signed_by", kText}}};
}

db::Params ChangeParams(const Uuid& alert_id, std::string study_id, AlertChange change) {
  return {BlobOf(alert_id),
          std::move(study_id),
          std::move(change.change),
          ToUnixMicros(change.at),
          ToUnixMicros(change.recorded_at),
          std::move(change.actor),
          std::move(change.reason),
          std::move(change.text),
          BlobOrNull(change.cause_event_id),
          std::int64_t{change.cause_version},
          change.late,
          BlobOrNull(change.successor),
          std::move(change.detection),
          std::move(change.workflow),
          std::move(change.signature_meaning),
          std::move(change.signed_by)};
}

}  // namespace vedette::monitor
