// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kit/db/sql.h"

namespace vedette::db {

using PostgresType = unsigned int;  // Oid

// The parameters of one statement in PostgreSQL's binary format, for the arrays that libpq takes.
// Texts and bytes are not copied: the values must outlive it.
class PostgresParameters {
 public:
  // kInvalidArgument for a value that the server's type cannot hold.
  Status Add(const Value& value, PostgresType type);
  // Column `index` of the rows, as an array.
  Status AddColumn(const BulkInsert& insert, std::size_t index);

  int size() const { return static_cast<int>(slots_.size()); }
  // Pointers for libpq, valid until the next Add.
  struct Pointers {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
  };
  Pointers Resolve() const;

 private:
  struct Slot {
    const char* data = nullptr;  // not owned; else in buffer_ at `offset`
    std::size_t offset = 0;
    int length = -1;  // null
    int format = 1;   // binary
  };
  template <class Number>
  void AddNumber(Number number);
  void AddOwned(std::string_view bytes, int format);
  void AddBorrowed(std::string_view bytes);
  Status AddInt(std::int64_t number, PostgresType type);

  std::string buffer_;
  std::vector<Slot> slots_;
};

// A value in binary format; kInternal for a type this layer does not know.
Result<Value> DecodePostgres(PostgresType type, std::string_view bytes);

}  // namespace vedette::db
