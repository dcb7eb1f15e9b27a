// SPDX-License-Identifier: Apache-2.0
#include "kit/testing/databases.h"

#include <unistd.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <utility>

#include "kit/db/migrate.h"
#include "kit/db/open.h"
#include "kit/telemetry/metrics.h"
#include "kit/testing/postgres.h"
#include "kit/testing/temp_dir.h"

namespace vedette::testkit {
namespace {

constexpr db::Sql kDropSchema("drop_schema",
                              "DO $$ BEGIN EXECUTE 'DROP SCHEMA ' || quote_ident(current_schema()) "
                              "|| ' CASCADE'; END $$");

// Differs between the tests of a process and between processes that share a server.
std::string UniqueService() {
  static std::atomic<int> count = 0;
  return "test_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
}

void Require(const Status& status) {
  if (!status) throw std::runtime_error("test database: " + status.error().message);
}

Task<Status> Migrate(db::Database* database, std::span<const EmbeddedFile> migrations) {
  co_return co_await db::Migrate(*database, migrations, Logger());
}

Task<void> Remove(db::Database* database, bool drop_schema) {
  if (drop_schema) (void)co_await database->Query(Deadline::None(), kDropSchema);
  co_await database->Close();
}

}  // namespace

struct TestDatabase::Impl {
  explicit Impl(Runtime& test_runtime) : runtime(test_runtime) {}
  ~Impl() {
    if (!database) return;
    runtime.RunBlocking([this] { return Remove(database.get(), !folder.has_value()); });
  }

  Runtime& runtime;
  std::string service;
  db::DatabaseConfig config;
  std::optional<TempDir> folder;  // of SQLite
  MetricsRegistry metrics;
  std::unique_ptr<db::Database> database;
};

TestDatabase::TestDatabase(DatabaseKind kind,
                           Runtime& runtime,
                           std::span<const EmbeddedFile> migrations)
    : impl_(std::make_unique<Impl>(runtime)) {
  Impl& impl = *impl_;
  impl.service = UniqueService();
  if (kind == DatabaseKind::kSqlite) {
    impl.folder.emplace();
    impl.config.url = "sqlite:" + impl.folder->path().string();
  } else {
    impl.config.url = PostgresUrl();
  }
  auto opened = Await<Result<std::unique_ptr<db::Database>>>(runtime, [&impl] {
    return db::Open(impl.config, impl.service, impl.runtime, Logger(), impl.metrics);
  });
  if (!opened) Require(Fail(opened.error()));
  impl.database = std::move(*opened);
  Require(Await<Status>(runtime, [&] { return Migrate(impl.database.get(), migrations); }));
}

TestDatabase::TestDatabase(TestDatabase&&) noexcept = default;

TestDatabase::~TestDatabase() = default;

db::Database* TestDatabase::get() const { return impl_->database.get(); }
const std::string& TestDatabase::url() const { return impl_->config.url; }
const std::string& TestDatabase::service() const { return impl_->service; }

}  // namespace vedette::testkit
