// SPDX-License-Identifier: Apache-2.0
#include "kit/db/sqlite_connection.h"

#include <exception>
#include <utility>

#include "kit/db/sql_text.h"

namespace vedette::db {
namespace {

// Virtual machine steps between two looks at the clock: some ten microseconds.
constexpr int kProgressSteps = 1000;

Code CodeOf(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return Code::kAlreadyExists;
    case SQLITE_BUSY_SNAPSHOT:
      return Code::kConflict;
    default:
      break;
  }
  switch (extended & 0xff) {
    case SQLITE_CONSTRAINT:
      return Code::kFailedPrecondition;
    case SQLITE_TOOBIG:
      return Code::kPayloadTooLarge;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_NOMEM:
      return Code::kUnavailable;
    default:
      return Code::kInternal;
  }
}

int BindValue(sqlite3_stmt* statement, int index, const Value& value) {
  struct Visitor {
    sqlite3_stmt* statement;
    int index;
    int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
    int operator()(std::int64_t number) const {
      return sqlite3_bind_int64(statement, index, number);
    }
    int operator()(double number) const { return sqlite3_bind_double(statement, index, number); }
    int operator()(bool flag) const { return sqlite3_bind_int(statement, index, flag ? 1 : 0); }
    // The parameters outlive the execution, so SQLite need not copy them.
    int operator()(const std::string& text) const {
      return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC,
                                 SQLITE_UTF8);
    }
    int operator()(const Bytes& bytes) const {
      return sqlite3_bind_blob64(statement, index, bytes.data.data(), bytes.data.size(),
                                 SQLITE_STATIC);
    }
  };
  return std::visit(Visitor{statement, index}, value);
}

Value ReadValue(sqlite3_stmt* statement, int column) {
  const auto size = [&] {
    return static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return std::string(text, size());
    }
    case SQLITE_BLOB: {
      const auto* data = static_cast<const char*>(sqlite3_column_blob(statement, column));
      return Bytes{data == nullptr ? std::string() : std::string(data, size())};
    }
    default:
      return kNull;
  }
}

// A statement keeps no row lock and no parameter once its use is over.
class ResetOnExit {
 public:
  explicit ResetOnExit(sqlite3_stmt* statement) : statement_(statement) {}
  ~ResetOnExit() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  ResetOnExit(const ResetOnExit&) = delete;
  ResetOnExit& operator=(const ResetOnExit&) = delete;

 private:
  sqlite3_stmt* statement_;
};

// The text of a bulk insert is in SQLite form already.
std::string Unchanged(std::string_view text) { return std::string(text); }

}  // namespace

SqliteConnection::SqliteConnection(SqliteConnectionOptions options)
    : options_(std::move(options)) {}

SqliteConnection::~SqliteConnection() {
  statements_.clear();
  sqlite3_close_v2(connection_);
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(SqliteConnectionOptions options) {
  std::unique_ptr<SqliteConnection> self(new SqliteConnection(std::move(options)));
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (sqlite3_open_v2(self->options_.path.c_str(), &self->connection_, flags, nullptr) !=
      SQLITE_OK) {
    return self->Failure("open");
  }
  sqlite3_busy_timeout(self->connection_, static_cast<int>(self->options_.busy_timeout.count()));
  const std::string pragmas =
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
      "PRAGMA wal_autocheckpoint=1000; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-" +
      std::to_string(self->options_.cache_kib) +
      "; PRAGMA query_only=" + (self->options_.access == Access::kRead ? "ON" : "OFF");
  if (sqlite3_exec(self->connection_, pragmas.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return self->Failure("configure");
  }
  sqlite3_progress_handler(self->connection_, kProgressSteps, &SqliteConnection::OnProgress,
                           self.get());
  return self;
}

int SqliteConnection::OnProgress(void* connection) {
  return static_cast<const SqliteConnection*>(connection)->OutOfTime() ? 1 : 0;
}

bool SqliteConnection::OutOfTime() const {
  return session_ != nullptr && (session_->abandoned() || session_->deadline.Passed(SystemClock()));
}

Result<Rows> SqliteConnection::Run(Job& job, const Session& session) {
  session_ = &session;
  Result<Rows> rows = Fail(Code::kInternal, "The database could not be used.");
  try {
    if (!OutOfTime()) rows = Dispatch(job);
  } catch (const std::exception&) {
    // Out of memory for a huge answer: the thread lives on, the job is answered.
  }
  if (!rows && OutOfTime()) {
    rows = session.abandoned()
               ? Fail(Code::kCancelled, "The caller left.")
               : Fail(Code::kDeadlineExceeded, "The database did not answer in time.");
  }
  session_ = nullptr;
  return rows;
}

Result<Rows> SqliteConnection::Dispatch(Job& job) {
  switch (job.kind) {
    case Job::Kind::kBegin:
      return Script(job.name, session_->access == Access::kWrite ? "BEGIN IMMEDIATE" : "BEGIN");
    case Job::Kind::kQuery:
      return Query(job);
    case Job::Kind::kInsert:
      return Insert(job);
    case Job::Kind::kScript:
      return Script(job.name, job.script);
    case Job::Kind::kCommit:
      return Commit(job.name);
  }
  return Fail(Code::kInternal, "no such job");
}

void SqliteConnection::Rollback() {
  if (sqlite3_get_autocommit(connection_) != 0) return;
  sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<Rows> SqliteConnection::Commit(std::string_view name) {
  // SQLite may have rolled back by itself, e.g. when the disk was full.
  if (sqlite3_get_autocommit(connection_) != 0) {
    return Fail(Code::kUnavailable, "The transaction was rolled back.");
  }
  return Script(name, "COMMIT");
}

Result<Rows> SqliteConnection::Query(const Job& job) {
  VEDETTE_TRY(sqlite3_stmt * statement, Prepare(job.name, job.text, &ToSqliteParameters));
  const ResetOnExit reset(statement);
  VEDETTE_CHECK_OK(Bind(job.name, statement, job.params));
  Rows rows;
  VEDETTE_CHECK_OK(Step(job.name, statement, &rows));
  if (sqlite3_stmt_readonly(statement) == 0) rows.affected = sqlite3_changes64(connection_);
  return rows;
}

Result<Rows> SqliteConnection::Insert(const Job& job) {
  const std::string text = SqliteInsertText(*job.insert);
  VEDETTE_TRY(sqlite3_stmt * statement, Prepare(job.name, text, &Unchanged));
  Rows rows;
  for (const Params& row : job.insert->rows) {
    if (row.size() != job.insert->columns.size()) {
      return Fail(Code::kInternal,
                  "A row of '" + std::string(job.name) + "' has the wrong length.");
    }
    const ResetOnExit reset(statement);
    VEDETTE_CHECK_OK(Bind(job.name, statement, row));
    VEDETTE_CHECK_OK(Step(job.name, statement, &rows));
    rows.affected += sqlite3_changes64(connection_);
  }
  return rows;
}

Result<Rows> SqliteConnection::Script(std::string_view name, const std::string& script) {
  if (sqlite3_exec(connection_, script.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Failure(name);
  }
  return Rows{};
}

Result<sqlite3_stmt*> SqliteConnection::Prepare(std::string_view name,
                                                std::string_view text,
                                                std::string (*sqlite_text)(std::string_view)) {
  const auto found = statements_.find(text);
  if (found != statements_.end()) return found->second.get();
  const std::string sql = sqlite_text(text);
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  if (sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &raw, &rest) != SQLITE_OK) {
    return Failure(name);
  }
  Statement statement(raw);
  if (raw == nullptr) return Fail(Code::kInternal, "'" + std::string(name) + "' is empty.");
  statements_.emplace(std::string(text), std::move(statement));
  return raw;
}

Status SqliteConnection::Bind(std::string_view name,
                              sqlite3_stmt* statement,
                              const Params& params) {
  if (static_cast<int>(params.size()) != sqlite3_bind_parameter_count(statement)) {
    return Fail(Code::kInternal,
                "'" + std::string(name) + "' was given the wrong number of parameters.");
  }
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (BindValue(statement, static_cast<int>(i) + 1, params[i]) != SQLITE_OK) {
      return Failure(name);
    }
  }
  return {};
}

Status SqliteConnection::Step(std::string_view name, sqlite3_stmt* statement, Rows* rows) {
  while (true) {
    const int result = sqlite3_step(statement);
    if (result == SQLITE_DONE) return {};
    if (result != SQLITE_ROW) return Failure(name);
    std::vector<Value> values;
    const int columns = sqlite3_column_count(statement);
    values.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) values.push_back(ReadValue(statement, i));
    rows->rows.emplace_back(std::move(values));
  }
}

std::unexpected<Error> SqliteConnection::Failure(std::string_view name) const {
  const int code = sqlite3_extended_errcode(connection_);
  return Fail(CodeOf(code), "The database could not do '" + std::string(name) + "' (SQLite " +
                                std::to_string(code) + ").");
}

}  // namespace vedette::db
