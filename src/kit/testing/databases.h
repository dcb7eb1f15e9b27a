// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <span>
#include <string>

#include "base/embedded_file.h"
#include "kit/db/database.h"
#include "kit/task/runtime.h"

namespace vedette::testkit {

enum class DatabaseKind { kSqlite, kPostgres };

inline std::ostream& operator<<(std::ostream& out, DatabaseKind kind) {
  return out << (kind == DatabaseKind::kSqlite ? "sqlite" : "postgres");
}

// An empty database of its own: a file in a temporary folder, or a schema in the PostgreSQL of
// kit/testing/postgres.h. Closed and removed at the end, which must come before that of `runtime`.
// Transactions and stores on it must be gone by then.
class TestDatabase {
 public:
  TestDatabase(DatabaseKind kind, Runtime& runtime, std::span<const EmbeddedFile> migrations);
  TestDatabase(TestDatabase&&) noexcept;
  ~TestDatabase();

  db::Database& operator*() const { return *get(); }
  db::Database* operator->() const { return get(); }
  db::Database* get() const;

  // What opens the same database again, e.g. after the first was closed.
  const std::string& url() const;
  const std::string& service() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Throws std::runtime_error when the database cannot be had or a migration fails.
inline TestDatabase OpenTestDatabase(DatabaseKind kind,
                                     Runtime& runtime,
                                     std::span<const EmbeddedFile> migrations = {}) {
  return TestDatabase(kind, runtime, migrations);
}

}  // namespace vedette::testkit

// Runs every TEST_P of a suite (class of testing::TestWithParam<testkit::DatabaseKind>) on both.
#define VEDETTE_ON_BOTH_DATABASES(suite)                                                          \
  INSTANTIATE_TEST_SUITE_P(                                                                       \
      Databases, suite,                                                                           \
      ::testing::Values(::vedette::testkit::DatabaseKind::kSqlite,                                \
                        ::vedette::testkit::DatabaseKind::kPostgres),                             \
      [](const ::testing::TestParamInfo<::vedette::testkit::DatabaseKind>& info) {                \
        return info.param == ::vedette::testkit::DatabaseKind::kSqlite ? std::string("Sqlite")    \
                                                                       : std::string("Postgres"); \
      })
