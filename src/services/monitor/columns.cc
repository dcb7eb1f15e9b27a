// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/columns.h"

#include <cstring>
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

ShortHash ReadShortHash(const db::Row& row, std::size_t column) {
  ShortHash hash{};
  if (row.Blob(column).size() != hash.size()) {
    throw std::logic_error("a stored hash is not 16 bytes");
  }
  std::memcpy(hash.data(), row.Blob(column).data(), hash.size());
  return hash;
}

}  // namespace vedette::monitor
