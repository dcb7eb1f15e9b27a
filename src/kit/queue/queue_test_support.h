// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
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

// A database that breaks where a test says so.
class FaultyDatabase final : public db::Database {
 public:
  enum class Fault { kThrow, kLoseAnswer };

  explicit FaultyDatabase(db::Database& inner) : inner_(inner) {}

  // The next `times` single statements of this name.
  void Break(std::string statement, Fault fault, int times) {
    const std::lock_guard lock(mutex_);
    statement_ = std::move(statement);
    fault_ = fault;
    times_ = times;
  }
  // How many are still to come.
  int left() const {
    const std::lock_guard lock(mutex_);
    return times_;
  }

  db::Dialect dialect() const override { return inner_.dialect(); }
  Task<Result<db::Rows>> Query(Deadline deadline, db::Sql sql, db::Params params) override {
    const bool breaks = Breaks(sql.name);
    if (breaks && fault_ == Fault::kThrow) throw std::runtime_error("broken");
    auto rows = co_await inner_.Query(deadline, sql, std::move(params));
    if (breaks) co_return Fail(Code::kUnavailable, "The answer was lost.");
    co_return rows;
  }
  Task<Result<std::unique_ptr<db::Transaction>>> BeginWrite(Deadline deadline) override {
    return inner_.BeginWrite(deadline);
  }
  Task<Result<std::unique_ptr<db::Transaction>>> BeginRead(Deadline deadline) override {
    return inner_.BeginRead(deadline);
  }
  Task<void> Close() override { return inner_.Close(); }

 private:
  bool Breaks(std::string_view name) {
    const std::lock_guard lock(mutex_);
    if (times_ == 0 || name != statement_) return false;
    --times_;
    return true;
  }

  db::Database& inner_;
  mutable std::mutex mutex_;
  std::string statement_;
  std::atomic<Fault> fault_ = Fault::kThrow;
  int times_ = 0;
};

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
