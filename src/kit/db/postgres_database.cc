// SPDX-License-Identifier: Apache-2.0
#include "kit/db/postgres_database.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "kit/db/postgres_connection.h"
#include "kit/task/blocking_pool.h"
#include "kit/task/spawn.h"
#include "kit/task/task_group.h"

namespace vedette::db {
namespace {

constexpr std::chrono::milliseconds kFirstBackoff{50};
constexpr std::chrono::milliseconds kLongestBackoff{1000};

// While the server is away, one attempt in a while is made for all; the others fail at once.
class Backoff {
 public:
  // How long to hold off still; zero: try.
  std::chrono::milliseconds Remaining() const {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_) return std::chrono::milliseconds(0);
    return std::chrono::ceil<std::chrono::milliseconds>(next_ - now);
  }
  // True when the answer differs from the last one.
  bool Record(bool connected) {
    const std::lock_guard lock(mutex_);
    const bool changed = connected != connected_;
    connected_ = connected;
    if (connected) {
      pause_ = kFirstBackoff;
      next_ = {};
    } else {
      next_ = std::chrono::steady_clock::now() + pause_;
      pause_ = std::min(pause_ * 2, kLongestBackoff);
    }
    return changed;
  }

 private:
  mutable std::mutex mutex_;
  bool connected_ = true;
  std::chrono::milliseconds pause_ = kFirstBackoff;
  SteadyTime next_{};
};

class PostgresDatabase final : public SessionDatabase {
 public:
  PostgresDatabase(PostgresOptions options,
                   Runtime& runtime,
                   Logger logger,
                   MetricsRegistry* registry)
      : SessionDatabase(options.timeouts, options.governance, registry, options.service),
        options_(std::move(options)),
        runtime_(runtime),
        logger_(logger),
        resolving_("postgres-open", 1, 64),
        cancelling_("postgres-stop", 1, 64),
        workers_(logger),
        lane_({options_.pool_size, options_.queue_limit}, metrics(), [this] { StartWorker(); }) {}

  Dialect dialect() const override { return Dialect::kPostgres; }

  Task<void> Close() override {
    lane_.Close();
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(closed_, true)) co_return;
    }
    co_await workers_.Join();
  }

 private:
  Lane& LaneFor(Access) override { return lane_; }
  Access AccessOf(Sql) const override { return Access::kWrite; }

  std::size_t connections() const override { return options_.pool_size; }

  void StartWorker() {
    const Executor executor = runtime_.Next();
    (void)workers_.Spawn(executor, "postgres connection",
                         [this, executor] { return Work(executor); });
  }

  Task<void> Work(Executor executor) {
    std::shared_ptr<PostgresConnection> connection;
    while (true) {
      const std::shared_ptr<Session> session = co_await lane_.Take();
      if (!session) co_return;
      metrics().Running(1);
      if (connection && !connection->Alive()) connection.reset();
      Status usable;
      if (!connection) {
        auto made = co_await Connect(executor);
        if (made) {
          connection = std::move(*made);
        } else {
          usable = Fail(made.error());
        }
      }
      co_await Serve(session, connection, usable);
      if (connection && !co_await connection->Clean()) connection.reset();
      metrics().Running(-1);
    }
  }

  Task<void> Serve(std::shared_ptr<Session> session,
                   std::shared_ptr<PostgresConnection> connection,
                   Status usable) {
    session->OnAbandon(
        [weak_connection = std::weak_ptr(connection), weak_session = std::weak_ptr(session)] {
          const auto abandoned = weak_connection.lock();
          if (abandoned) abandoned->PostInterrupt(weak_session);
        });
    while (const std::shared_ptr<Job> job = co_await session->Take()) {
      if (!usable) {
        job->Finish(Fail(usable.error()));
        continue;
      }
      Result<Rows> rows = co_await RunJob(connection, job, session);
      job->Finish(std::move(rows));
    }
    session->OnAbandon(nullptr);
  }

  // Whatever happens, the job is answered and the worker lives on.
  Task<Result<Rows>> RunJob(std::shared_ptr<PostgresConnection> connection,
                            std::shared_ptr<Job> job,
                            std::shared_ptr<Session> session) {
    try {
      co_return co_await connection->Run(std::move(job), std::move(session));
    } catch (const std::exception&) {
      connection->GiveUp();
      logger_.Error("a statement ended by an exception", {{"service", options_.service}});
      co_return Fail(Code::kInternal, "The database could not be used.");
    }
  }

  Task<Result<std::shared_ptr<PostgresConnection>>> Connect(Executor executor) {
    if (const auto pause = backoff_.Remaining(); pause.count() > 0) {
      co_return Fail(Error{.code = Code::kUnavailable,
                           .message = "The database cannot be reached.",
                           .retry_after = pause});
    }
    auto connection =
        std::make_shared<PostgresConnection>(executor, options_, resolving_, cancelling_);
    const Status connected = co_await connection->Connect();
    if (backoff_.Record(connected.has_value())) {
      if (connected) {
        logger_.Info("the database is back", {{"service", options_.service}});
      } else {
        logger_.Error("the database cannot be reached", {{"service", options_.service}});
      }
    }
    if (!connected) {
      Error error = connected.error();
      error.retry_after = kLongestBackoff;
      co_return Fail(std::move(error));
    }
    co_return connection;
  }

  const PostgresOptions options_;
  Runtime& runtime_;
  const Logger logger_;
  Backoff backoff_;
  BlockingPool resolving_;
  BlockingPool cancelling_;
  std::mutex mutex_;
  bool closed_ = false;
  TaskGroup workers_;
  Lane lane_;
};

// IF NOT EXISTS alone needs the right to create even when the schema is there, and races.
std::string SchemaScript(const std::string& schema) {
  return "SELECT pg_advisory_xact_lock(hashtextextended('vedette schema', 0)); "
         "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = '" +
         schema + "') THEN CREATE SCHEMA \"" + schema + "\"; END IF; END $$";
}

Task<Status> MakeSchema(Database& database, std::string schema) {
  VEDETTE_CO_TRY(const auto transaction, co_await database.BeginWrite(Deadline::None()));
  VEDETTE_CO_CHECK_OK(co_await transaction->ExecuteScript("schema", SchemaScript(schema)));
  co_return co_await transaction->Commit();
}

}  // namespace

Task<Result<std::unique_ptr<Database>>> OpenPostgres(PostgresOptions options,
                                                     Runtime& runtime,
                                                     Logger logger,
                                                     MetricsRegistry* registry) {
  const std::string schema = options.service;
  auto database =
      std::make_unique<PostgresDatabase>(std::move(options), runtime, std::move(logger), registry);
  const Status made = co_await MakeSchema(*database, schema);
  if (!made) {
    co_await database->Close();
    co_return Fail(made.error());
  }
  co_return database;
}

}  // namespace vedette::db
