// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/uuid.h"
#include "kit/db/sql.h"
#include "services/monitor/types.h"

// How domain values lie in columns, for reading and writing alike.
namespace vedette::monitor {

#define VEDETTE_MONITOR_ALERT_COLUMNS                                                       \
  "sequence, id, study_id, site_id, subject_id, subject_number, rule_version_id, rule_id,"  \
  " rule_version, rule_content_hash, severity, event_id, item, message, expression, value," \
  " value_comparator, unit, comparison, threshold, source, event_time, received_at, raised_at"

AlertRecord ReadAlert(const db::Row& row);

inline db::Value BlobOf(const Uuid& id) { return Bytes{std::string(id.AsBytes())}; }
inline db::Value BlobOf(const ShortHash& hash) { return Bytes{std::string(AsView(hash))}; }
Uuid ReadUuid(const db::Row& row, std::size_t column);

// Columns number, comparator, text_value, absent_reason from `column` on.
ObservedValue ReadValue(const db::Row& row, std::size_t column);

}  // namespace vedette::monitor
