// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "kit/db/session.h"

namespace vedette::db {

struct SqliteConnectionOptions {
  std::string path;
  Access access = Access::kRead;
  std::chrono::milliseconds busy_timeout{5000};  // for locks of other processes
  std::int64_t cache_kib = 2048;
};

// One connection to a SQLite file, its prepared statements, and the execution of jobs on it.
// Blocks; used by one thread at a time.
class SqliteConnection {
 public:
  static Result<std::unique_ptr<SqliteConnection>> Open(SqliteConnectionOptions options);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Stops at the session's deadline (kDeadlineExceeded) or when it is abandoned (kCancelled).
  Result<Rows> Run(Job& job, const Session& session);
  // Ends what the session left open.
  void Rollback();

 private:
  struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  explicit SqliteConnection(SqliteConnectionOptions options);
  static int OnProgress(void* connection);

  bool OutOfTime() const;
  Result<Rows> Dispatch(Job& job);
  Result<Rows> Query(const Job& job);
  Result<Rows> Insert(const Job& job);
  Result<Rows> Script(std::string_view name, const std::string& script);
  Result<Rows> Commit(std::string_view name);
  // The prepared statement of `text`; `sqlite_text` gives its SQLite form when it is first needed.
  Result<sqlite3_stmt*> Prepare(std::string_view name,
                                std::string_view text,
                                std::string (*sqlite_text)(std::string_view));
  Status Bind(std::string_view name, sqlite3_stmt* statement, const Params& params);
  Status Step(std::string_view name, sqlite3_stmt* statement, Rows* rows);
  std::unexpected<Error> Failure(std::string_view name) const;

  const SqliteConnectionOptions options_;
  sqlite3* connection_ = nullptr;
  const Session* session_ = nullptr;  // whose job runs
  std::unordered_map<std::string, Statement, TextHash, std::equal_to<>> statements_;
};

}  // namespace vedette::db
