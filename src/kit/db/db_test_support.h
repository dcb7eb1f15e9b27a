// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>

#include "kit/db/database.h"
#include "kit/testing/databases.h"

namespace vedette::db {

inline constexpr EmbeddedFile kThingMigrations[] = {
    {"0001_thing.sql",
     "CREATE TABLE thing (id BIGINT PRIMARY KEY, real DOUBLE PRECISION, flag BOOLEAN, text TEXT, "
     "bytes BYTEA, CHECK (id < 1000000));\n"},
};

inline constexpr Sql kInsertThing("thing_insert", "INSERT INTO thing (id, text) VALUES ($1, $2)");
inline constexpr Sql kCountThings("thing_count", "SELECT count(*) FROM thing");
// Never ends by itself, on either database.
inline constexpr Sql kEndless(
    "endless",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT count(*) FROM n");

inline Deadline Soon() { return Deadline::After(SystemClock(), std::chrono::milliseconds(50)); }
// Long enough for a few statements on a busy machine, short enough to wait for.
inline Deadline InAMoment() {
  return Deadline::After(SystemClock(), std::chrono::milliseconds(2500));
}
inline Deadline Later() { return Deadline::After(SystemClock(), std::chrono::seconds(20)); }

inline Params Thing(std::int64_t id, std::string text = "x") { return {id, std::move(text)}; }

// A test with a database that holds an empty table `thing`.
class ThingTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  Result<Rows> Query(Sql sql, Params params = {}, Deadline deadline = Later()) {
    return Await<Result<Rows>>(runtime_,
                               [&] { return database_->Query(deadline, sql, std::move(params)); });
  }
  std::int64_t Count() { return Query(kCountThings).value()[0].Int(0); }
  template <class T>
  T Run(Task<T> task) {
    return Await<T>(runtime_, [&] { return std::move(task); });
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_ =
      testkit::OpenTestDatabase(GetParam(), runtime_, kThingMigrations);
};

}  // namespace vedette::db
