// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/embedded_file.h"
#include "base/random.h"
#include "kit/queue/tables.h"
#include "kit/task/runtime.h"
#include "kit/task/sleep.h"
#include "kit/telemetry/metrics.h"
#include "kit/testing/databases.h"
#include "kit/testing/fake_clock.h"
#include "kit/testing/recording_tracer.h"

namespace vedette::queue {

inline std::vector<EmbeddedFile> QueueTables() {
  return {{"0001_jobs.sql", kJobTables},
          {"0002_outbox.sqlite.sql", kOutboxTablesSqlite},
          {"0002_outbox.postgres.sql", kOutboxTablesPostgres},
          {"0003_effect.sql", "CREATE TABLE effect (id BIGINT PRIMARY KEY);\n"}};
}

inline Deadline Later() { return Deadline::After(SystemClock(), std::chrono::seconds(30)); }

// A test with a database that holds the tables of this folder, empty.
class QueueTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  template <class T>
  T Run(Task<T> task) {
    return Await<T>(runtime_, [&] { return std::move(task); });
  }

  // Waits for a condition, generously.
  bool Eventually(const std::function<bool()>& condition) {
    const auto end = SystemClock().SteadyNow() + std::chrono::seconds(30);
    while (!condition()) {
      if (SystemClock().SteadyNow() > end) return false;
      runtime_.RunBlocking([] { return SleepFor(std::chrono::milliseconds(2)); });
    }
    return true;
  }

  std::int64_t Number(db::Sql sql) { return Run(database_->Query(Later(), sql)).value()[0].Int(0); }

  FakeClock clock_;
  SeededRandom random_{11};
  RecordingTracer tracer_;
  MetricsRegistry metrics_;
  Runtime runtime_{3};
  testkit::TestDatabase database_ = testkit::OpenTestDatabase(GetParam(), runtime_, QueueTables());
};

}  // namespace vedette::queue
