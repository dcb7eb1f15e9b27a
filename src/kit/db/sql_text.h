// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "kit/db/sql.h"

namespace vedette::db {

// Rewriting of our one SQL dialect. Literals, quoted names and comments are left as they are.

// $1 → ?1.
std::string ToSqliteParameters(std::string_view sql);

// A migration: BIGINT, BOOLEAN → INTEGER, DOUBLE PRECISION → REAL, BYTEA → BLOB, and STRICT at the
// end of every CREATE TABLE.
std::string ToSqliteMigration(std::string_view script);

// Whether the statement only reads: it begins with SELECT, VALUES or WITH and has no word INSERT,
// UPDATE, DELETE or REPLACE as a statement of its WITH.
bool OnlyReads(std::string_view sql);

// INSERT INTO table (columns) VALUES (?1, …) suffix
std::string SqliteInsertText(const BulkInsert& insert);

// INSERT INTO table (columns) SELECT * FROM unnest($1::bigint[], …) suffix
std::string PostgresInsertText(const BulkInsert& insert);

}  // namespace vedette::db
