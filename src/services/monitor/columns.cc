// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/columns.h"

#include <stdexcept>

namespace vedette::monitor {

Uuid ReadUuid(const db::Row& row, std::size_t column) {
  const auto id = Uuid::FromBytes(row.Blob(column));
  if (!id) throw std::logic_error("a stored id is not 16 bytes");
  return *id;
}

ObservedValue ReadValue(const db::Row& row, std::size_t column) {
  if (!row.IsNull(column)) {
    return NumberValue{row.Real(column), static_cast<Comparator>(row.Int(column + 1))};
  }
  if (!row.IsNull(column + 2)) return TextValue{row.Text(column + 2)};
  return AbsentValue{row.IsNull(column + 3) ? std::string() : row.Text(column + 3)};
}

AlertRecord ReadAlert(const db::Row& row) {
  return {.sequence = row.Int(0),
          .id = ReadUuid(row, 1),
          .study_id = row.Text(2),
          .site_id = row.Text(3),
          .subject_id = row.Text(4),
          .subject_number = row.Text(5),
          .rule_version_id = row.Text(6),
          .rule_id = row.Text(7),
          .rule_version = static_cast<std::int32_t>(row.Int(8)),
          .rule_content_hash = row.Text(9),
          .severity = static_cast<rules::Severity>(row.Int(10)),
          .event_id = ReadUuid(row, 11),
          .item = row.Text(12),
          .message = row.Text(13),
          .expression = row.Text(14),
          .value = row.Real(15),
          .value_comparator = static_cast<Comparator>(row.Int(16)),
          .unit = row.Text(17),
          .comparison = static_cast<rules::Comparison>(row.Int(18)),
          .threshold = row.Real(19),
          .source = row.Text(20),
          .event_time = FromUnixMicros(row.Int(21)),
          .received_at = FromUnixMicros(row.Int(22)),
          .raised_at = FromUnixMicros(row.Int(23))};
}

}  // namespace vedette::monitor
