// SPDX-License-Identifier: Apache-2.0
// How a PostgresConnection runs one statement: prepare it, send it, collect and read its answer.
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <utility>

#include "kit/db/postgres_connection.h"
#include "kit/db/sql_state.h"
#include "kit/db/sql_text.h"

namespace vedette::db {
namespace {

constexpr asio::use_awaitable_t<Executor> kUseTask{};

}  // namespace

Task<Result<Rows>> PostgresConnection::Query(std::shared_ptr<Job> job) {
  VEDETTE_CO_TRY(const Prepared* prepared, co_await Prepare(job->name, std::string(job->text)));
  if (prepared->types.size() != job->params.size()) {
    co_return Fail(Code::kInternal,
                   "'" + std::string(job->name) + "' was given the wrong number of parameters.");
  }
  PostgresParameters parameters;
  for (std::size_t i = 0; i < job->params.size(); ++i) {
    VEDETTE_CO_CHECK_OK(parameters.Add(job->params[i], prepared->types[i]));
  }
  co_return co_await Execute(job->name, prepared->name, parameters.size(), parameters.Resolve());
}

Task<Result<Rows>> PostgresConnection::Insert(std::shared_ptr<Job> job) {
  const BulkInsert& insert = *job->insert;
  PostgresParameters parameters;
  for (std::size_t i = 0; i < insert.columns.size(); ++i) {
    VEDETTE_CO_CHECK_OK(parameters.AddColumn(insert, i));
  }
  VEDETTE_CO_TRY(const Prepared* prepared, co_await Prepare(job->name, PostgresInsertText(insert)));
  co_return co_await Execute(job->name, prepared->name, parameters.size(), parameters.Resolve());
}

Task<Result<const PostgresConnection::Prepared*>> PostgresConnection::Prepare(std::string_view name,
                                                                              std::string text) {
  const auto found = statements_.find(text);
  if (found != statements_.end()) co_return &found->second;
  // A name that failed is not used again: the server may know it all the same.
  Prepared prepared{"s" + std::to_string(next_statement_++), {}};
  if (PQsendPrepare(connection_.get(), prepared.name.c_str(), text.c_str(), 0, nullptr) == 0) {
    co_return Lost(name);
  }
  VEDETTE_CO_CHECK_OK(co_await Collect(name));
  if (PQsendDescribePrepared(connection_.get(), prepared.name.c_str()) == 0) co_return Lost(name);
  VEDETTE_CO_TRY(const Answer description, co_await Collect(name));
  for (int i = 0; i < PQnparams(description.get()); ++i) {
    prepared.types.push_back(PQparamtype(description.get(), i));
  }
  co_return &statements_.emplace(std::move(text), std::move(prepared)).first->second;
}

Task<Result<Rows>> PostgresConnection::Execute(std::string_view name,
                                               std::string statement,
                                               int count,
                                               PostgresParameters::Pointers pointers) {
  if (stopped_) co_return Fail(Code::kCancelled, "The caller left.");
  if (PQsendQueryPrepared(connection_.get(), statement.c_str(), count, pointers.values.data(),
                          pointers.lengths.data(), pointers.formats.data(), 1) == 0) {
    co_return Lost(name);
  }
  VEDETTE_CO_TRY(const Answer answer, co_await Collect(name));
  co_return ReadRows(answer);
}

Task<Result<Rows>> PostgresConnection::Simple(std::string_view name, std::string text) {
  if (PQsendQuery(connection_.get(), text.c_str()) == 0) co_return Lost(name);
  VEDETTE_CO_CHECK_OK(co_await Collect(name));
  co_return Rows{};
}

Task<Result<Rows>> PostgresConnection::Commit(std::string_view name) {
  if (PQsendQuery(connection_.get(), "COMMIT") == 0) co_return Lost(name);
  VEDETTE_CO_TRY(const Answer answer, co_await Collect(name));
  // The server answers the COMMIT of a failed transaction with ROLLBACK, as a success.
  if (std::string_view(PQcmdStatus(answer.get())) != "COMMIT") {
    co_return Fail(Code::kInternal, "The transaction was rolled back.");
  }
  co_return Rows{};
}

Task<Result<PostgresConnection::Answer>> PostgresConnection::Collect(std::string_view name) {
  while (const int pending = PQflush(connection_.get())) {
    if (pending < 0) co_return Lost(name);
    co_await Wait(Socket::wait_write);
    if (broken_ || PQconsumeInput(connection_.get()) == 0) co_return Lost(name);
  }
  Answer kept;
  while (true) {
    while (PQisBusy(connection_.get()) != 0) {
      co_await Wait(Socket::wait_read);
      if (broken_ || PQconsumeInput(connection_.get()) == 0) co_return Lost(name);
    }
    Answer answer(PQgetResult(connection_.get()));
    if (!answer) break;
    const bool failed_before = kept && PQresultStatus(kept.get()) == PGRES_FATAL_ERROR;
    if (!failed_before) kept = std::move(answer);
    if (PQstatus(connection_.get()) == CONNECTION_BAD) broken_ = true;
  }
  if (!kept) co_return Lost(name);
  switch (PQresultStatus(kept.get())) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
      co_return kept;
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
      co_return Failure(name, kept.get());
    default:  // COPY has no place here
      broken_ = true;
      co_return Fail(Code::kInternal, "'" + std::string(name) + "' is no plain statement.");
  }
}

Task<void> PostgresConnection::Wait(Socket::wait_type what) {
  boost::system::error_code error;
  co_await socket_->async_wait(what, asio::redirect_error(kUseTask, error));
  if (error) broken_ = true;
}

Result<Rows> PostgresConnection::ReadRows(const Answer& answer) {
  const PGresult* result = answer.get();
  Rows rows;
  const int columns = PQnfields(result);
  const int count = PQntuples(result);
  rows.rows.reserve(static_cast<std::size_t>(count));
  for (int row = 0; row < count; ++row) {
    std::vector<Value> values;
    values.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) {
      if (PQgetisnull(result, row, column) != 0) {
        values.emplace_back(kNull);
        continue;
      }
      const std::string_view bytes(PQgetvalue(result, row, column),
                                   static_cast<std::size_t>(PQgetlength(result, row, column)));
      VEDETTE_TRY(Value value, DecodePostgres(PQftype(result, column), bytes));
      values.push_back(std::move(value));
    }
    rows.rows.emplace_back(std::move(values));
  }
  const std::string_view command = PQcmdStatus(const_cast<PGresult*>(result));
  if (!command.starts_with("SELECT")) {
    rows.affected = std::strtoll(PQcmdTuples(const_cast<PGresult*>(result)), nullptr, 10);
  }
  return rows;
}

std::unexpected<Error> PostgresConnection::Failure(std::string_view name, const PGresult* answer) {
  const char* field = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
  if (field == nullptr) return Lost(name);
  const std::string_view sqlstate = field;
  // A plan made before a migration, one that the server has forgotten, or one it knows and we not.
  if (sqlstate == "0A000" || sqlstate == "26000" || sqlstate == "42P05") broken_ = true;
  return Fail(CodeOfSqlState(sqlstate), "The database could not do '" + std::string(name) +
                                            "' (SQLSTATE " + std::string(sqlstate) + ").");
}

std::unexpected<Error> PostgresConnection::Lost(std::string_view name) {
  broken_ = true;
  if (stopped_ == Code::kDeadlineExceeded && name != "commit") {
    return Fail(Code::kDeadlineExceeded, "The database did not answer in time.");
  }
  return Fail(Code::kUnavailable, "The connection to the database was lost.");
}

}  // namespace vedette::db
