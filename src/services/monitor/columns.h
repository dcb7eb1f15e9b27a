// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"
#include "kit/db/sql.h"
#include "services/monitor/types.h"

// How domain values lie in columns, for reading and writing alike.
namespace vedette::monitor {

inline db::Value BlobOf(const Uuid& id) { return Bytes{std::string(id.AsBytes())}; }
inline db::Value BlobOf(const ShortHash& hash) { return Bytes{std::string(AsView(hash))}; }
Uuid ReadUuid(const db::Row& row, std::size_t column);
ShortHash ReadShortHash(const db::Row& row, std::size_t column);

inline db::Value BlobOrNull(const std::optional<Uuid>& id) {
  return id ? BlobOf(*id) : db::Value(db::kNull);
}
inline std::optional<Uuid> UuidOrNone(const db::Row& row, std::size_t column) {
  if (row.IsNull(column)) return std::nullopt;
  return ReadUuid(row, column);
}
inline db::Value MicrosOrNull(std::optional<Timestamp> time) {
  return time ? db::Value(ToUnixMicros(*time)) : db::Value(db::kNull);
}
inline std::optional<Timestamp> TimeOrNone(const db::Row& row, std::size_t column) {
  if (row.IsNull(column)) return std::nullopt;
  return FromUnixMicros(row.Int(column));
}
inline std::optional<double> RealOrNone(const db::Row& row, std::size_t column) {
  if (row.IsNull(column)) return std::nullopt;
  return row.Real(column);
}
// Keys of 64 bits lie in columns of signed numbers.
inline std::int64_t Signed(std::uint64_t key) { return static_cast<std::int64_t>(key); }
inline std::uint64_t Unsigned(std::int64_t key) { return static_cast<std::uint64_t>(key); }

// Columns number, comparator, text_value, absent_reason from `column` on.
ObservedValue ReadValue(const db::Row& row, std::size_t column);

}  // namespace vedette::monitor
