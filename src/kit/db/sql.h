// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace vedette::db {

// A statement: always a literal, so nothing can be spliced in, and a name for metrics and spans.
// One dialect for SQLite and PostgreSQL: parameters $1…$n, RETURNING, ON CONFLICT, times as integer
// microseconds. Has static storage.
struct Sql {
  consteval Sql(const char* statement_name, const char* statement_text)
      : name(statement_name), text(statement_text) {}
  std::string_view name;
  std::string_view text;
};

// SQLite stores bool as 0/1 and gives it back as an integer; Row::Bool reads both.
using Value = std::variant<std::monostate, std::int64_t, double, bool, std::string, Bytes>;
using Params = std::vector<Value>;

inline constexpr std::monostate kNull{};

// One row of an answer. The accessors require the column to hold that type (INTEGER also as Real)
// and not to be null; anything else is a defect of the store and throws std::logic_error.
class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
  std::size_t size() const { return values_.size(); }
  bool IsNull(std::size_t column) const;
  std::int64_t Int(std::size_t column) const;
  double Real(std::size_t column) const;
  bool Bool(std::size_t column) const;
  const std::string& Text(std::size_t column) const;
  const std::string& Blob(std::size_t column) const;
  const Value& At(std::size_t column) const { return values_.at(column); }

 private:
  std::vector<Value> values_;
};

struct Rows {
  std::vector<Row> rows;
  std::int64_t affected = 0;  // rows changed by INSERT, UPDATE, DELETE

  bool empty() const { return rows.empty(); }
  std::size_t size() const { return rows.size(); }
  const Row& operator[](std::size_t i) const { return rows.at(i); }
  auto begin() const { return rows.begin(); }
  auto end() const { return rows.end(); }
};

enum class ColumnType { kInt, kReal, kBool, kText, kBytes };

struct Column {
  const char* name;
  ColumnType type;
};

// Many rows of one table in one statement. PostgreSQL: INSERT … SELECT unnest(binary arrays);
// SQLite: one prepared statement stepped per row. `suffix` is ON CONFLICT and RETURNING, or empty.
struct BulkInsert {
  const char* name;  // for metrics
  const char* table;
  std::vector<Column> columns;
  const char* suffix = "";
  std::vector<Params> rows;  // each as long as columns
};

}  // namespace vedette::db
