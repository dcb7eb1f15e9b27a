// SPDX-License-Identifier: Apache-2.0
#include "kit/db/sql_text.h"

#include <gtest/gtest.h>

namespace vedette::db {
namespace {

TEST(SqlText, ParametersAreRewrittenOutsideLiteralsNamesAndComments) {
  EXPECT_EQ(ToSqliteParameters("SELECT $1, '$2 it''s $3', \"$4\" -- $5\n, $12 /* $6 */ FROM t$7"),
            "SELECT ?1, '$2 it''s $3', \"$4\" -- $5\n, ?12 /* $6 */ FROM t?7");
}

TEST(SqlText, MigrationGetsSqliteTypesAndStrictTables) {
  EXPECT_EQ(ToSqliteMigration("CREATE TABLE a (b BIGINT, c double precision NOT NULL, d BYTEA,\n"
                              "  e BOOLEAN DEFAULT FALSE, f TEXT DEFAULT 'BIGINT') -- end; BIGINT\n"
                              ";\nCREATE INDEX i ON a (b);\nCREATE TABLE z (b TEXT)"),
            "CREATE TABLE a (b INTEGER, c REAL  NOT NULL, d BLOB,\n"
            "  e INTEGER DEFAULT FALSE, f TEXT DEFAULT 'BIGINT') STRICT -- end; BIGINT\n"
            ";\nCREATE INDEX i ON a (b);\nCREATE TABLE z (b TEXT) STRICT");
  EXPECT_EQ(ToSqliteMigration("CREATE TABLE a (b TEXT PRIMARY KEY) WITHOUT ROWID;"),
            "CREATE TABLE a (b TEXT PRIMARY KEY) WITHOUT ROWID, STRICT;");
}

TEST(SqlText, OnlyReadsLooksThroughWith) {
  EXPECT_TRUE(OnlyReads("  select 1"));
  EXPECT_TRUE(OnlyReads("-- update\nWITH a AS (SELECT 'delete') SELECT * FROM a"));
  EXPECT_FALSE(OnlyReads("WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a"));
  EXPECT_FALSE(OnlyReads("UPDATE a SET b = 1"));
  EXPECT_FALSE(OnlyReads("INSERT INTO a VALUES (1) RETURNING b"));
  EXPECT_FALSE(OnlyReads(""));
}

}  // namespace
}  // namespace vedette::db
