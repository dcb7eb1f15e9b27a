// SPDX-License-Identifier: Apache-2.0
#include "kit/db/sqlite_database.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "kit/db/sql_text.h"
#include "kit/db/sqlite_connection.h"

namespace vedette::db {
namespace {

class SqliteDatabase final : public SessionDatabase {
 public:
  SqliteDatabase(SqliteOptions options,
                 std::unique_ptr<SqliteConnection> writer,
                 MetricsRegistry* registry)
      : SessionDatabase(options.timeouts, options.governance, registry, options.service),
        options_(std::move(options)),
        first_writer_(std::move(writer)),
        writers_({1, options_.queue_limit}, metrics(), [this] { StartWorker(Access::kWrite); }),
        readers_({options_.readers, options_.queue_limit}, metrics(), [this] {
          StartWorker(Access::kRead);
        }) {}

  ~SqliteDatabase() override {
    writers_.Close();
    readers_.Close();
    JoinThreads();
  }

  Dialect dialect() const override { return Dialect::kSqlite; }

  Task<void> Close() override {
    writers_.Close();
    readers_.Close();
    for (const Signal& ended : EndedSignals()) co_await ended.Wait();
    JoinThreads();
  }

  static SqliteConnectionOptions ConnectionOptions(const SqliteOptions& options, Access access) {
    return {options.path, access, options.busy_timeout,
            access == Access::kWrite ? options.writer_cache_kib : options.reader_cache_kib};
  }

 private:
  struct Worker {
    Signal ended;
    std::thread thread;
  };

  Lane& LaneFor(Access access) override { return access == Access::kWrite ? writers_ : readers_; }

  Access AccessOf(Sql sql) const override {
    return OnlyReads(sql.text) ? Access::kRead : Access::kWrite;
  }

  std::size_t connections() const override { return 1 + options_.readers; }

  void StartWorker(Access access) {
    const std::lock_guard lock(mutex_);
    auto worker = std::make_unique<Worker>();
    worker->thread = std::thread([this, access, ended = worker->ended] {
      Work(access);
      ended.Set();
    });
    pthread_setname_np(worker->thread.native_handle(),
                       access == Access::kWrite ? "sqlite-write" : "sqlite-read");
    workers_.push_back(std::move(worker));
  }

  void Work(Access access) {
    Lane& lane = LaneFor(access);
    std::unique_ptr<SqliteConnection> connection;
    if (access == Access::kWrite) connection = std::move(first_writer_);
    while (const std::shared_ptr<Session> session = lane.TakeBlocking()) {
      metrics().Running(1);
      Status usable;
      if (!connection) usable = Reopen(access, &connection);
      while (const std::shared_ptr<Job> job = session->TakeBlocking()) {
        job->Finish(usable ? connection->Run(*job, *session) : Fail(usable.error()));
      }
      if (connection) connection->Rollback();
      metrics().Running(-1);
    }
  }

  Status Reopen(Access access, std::unique_ptr<SqliteConnection>* connection) const {
    VEDETTE_TRY(*connection, SqliteConnection::Open(ConnectionOptions(options_, access)));
    return {};
  }

  std::vector<Signal> EndedSignals() {
    const std::lock_guard lock(mutex_);
    std::vector<Signal> signals;
    for (const auto& worker : workers_) signals.push_back(worker->ended);
    return signals;
  }

  void JoinThreads() {
    const std::lock_guard lock(mutex_);
    for (const auto& worker : workers_) {
      if (worker->thread.joinable()) worker->thread.join();
    }
  }

  const SqliteOptions options_;
  std::unique_ptr<SqliteConnection> first_writer_;  // opened to see whether the file can be used
  std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Lane writers_;
  Lane readers_;
};

// SQLite gives its side files the mode of the database file.
Status CreateFile(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return Fail(Code::kUnavailable, "The database file cannot be opened: " + path);
  ::close(file);
  return {};
}

}  // namespace

Result<std::unique_ptr<Database>> OpenSqlite(SqliteOptions options, MetricsRegistry* registry) {
  VEDETTE_CHECK_OK(CreateFile(options.path));
  VEDETTE_TRY(auto writer,
              SqliteConnection::Open(SqliteDatabase::ConnectionOptions(options, Access::kWrite)));
  return std::make_unique<SqliteDatabase>(std::move(options), std::move(writer), registry);
}

}  // namespace vedette::db
