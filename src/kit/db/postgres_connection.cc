// SPDX-License-Identifier: Apache-2.0
#include "kit/db/postgres_connection.h"

#include <poll.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <utility>

#include "kit/db/sql_state.h"
#include "kit/db/sql_text.h"
#include "kit/task/spawn.h"

namespace vedette::db {
namespace {

constexpr asio::use_awaitable_t<Executor> kUseTask{};
constexpr std::chrono::seconds kCleanTimeout{2};
constexpr std::chrono::milliseconds kCancelAgain{50};

// What a notice says may hold values, so nobody reads it.
void OnNotice(void* noticed, const PGresult*) { *static_cast<bool*>(noticed) = true; }

}  // namespace

// Arms the timer for one operation, disarms it at its end.
class PostgresConnection::Watch {
 public:
  Watch(PostgresConnection& connection, std::chrono::steady_clock::time_point deadline)
      : connection_(connection) {
    ++connection_.operation_;
    connection_.stopped_.reset();
    connection_.Arm(deadline);
  }
  ~Watch() {
    ++connection_.operation_;
    connection_.timer_.cancel();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  PostgresConnection& connection_;
};

PostgresConnection::PostgresConnection(Executor executor,
                                       const PostgresOptions& options,
                                       BlockingPool& blocking)
    : executor_(executor), options_(options), blocking_(blocking), timer_(executor) {}

PostgresConnection::~PostgresConnection() {
  if (socket_) socket_->release();
}

void PostgresConnection::Attach() {
  if (socket_) socket_->release();
  socket_.reset();
  const int descriptor = PQsocket(connection_.get());
  if (descriptor >= 0) socket_.emplace(executor_, descriptor);
}

Task<Status> PostgresConnection::Connect() {
  auto start = [url = options_.url, name = "vedette-" + options_.service] {
    const char* keys[] = {"dbname", "fallback_application_name", "tcp_user_timeout", nullptr};
    const char* values[] = {url.c_str(), name.c_str(), "10000", nullptr};
    return Connection(PQconnectStartParams(keys, values, 1));
  };
  VEDETTE_CO_TRY(connection_, co_await blocking_.Run<Connection>(std::move(start)));
  PQsetNoticeReceiver(connection_.get(), &OnNotice, &noticed_);
  const Watch watch(*this, std::chrono::steady_clock::now() + options_.connect_timeout);
  connecting_ = true;
  Status connected = co_await Negotiate();
  connecting_ = false;
  if (!connected) {
    broken_ = true;
    co_return connected;
  }
  PQsetnonblocking(connection_.get(), 1);
  VEDETTE_CO_CHECK_OK(co_await Simple(
      "connect", "SET search_path TO \"" + options_.service +
                     "\"; SET synchronous_commit TO on; SET client_encoding TO 'UTF8'; "
                     "SET TIME ZONE 'UTC'; "
                     // A statement ends also when this process is gone.
                     "SET client_connection_check_interval TO '1s'; "
                     // Nor does a transaction keep its locks when the network has cut it off.
                     "SET idle_in_transaction_session_timeout TO '30s'"));
  co_return Status();
}

Task<Status> PostgresConnection::Negotiate() {
  // The server's words may hold host and user names: they go nowhere.
  const Error refused{Code::kUnavailable, "The database cannot be reached."};
  if (PQstatus(connection_.get()) == CONNECTION_BAD) co_return Fail(refused);
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) co_return Fail(refused);
    Attach();  // the descriptor changes with the address tried and with TLS
    if (!socket_) co_return Fail(refused);
    co_await Wait(next == PGRES_POLLING_READING ? Socket::wait_read : Socket::wait_write);
    if (broken_) co_return Fail(refused);
    next = PQconnectPoll(connection_.get());
  }
  Attach();
  co_return Status();
}

bool PostgresConnection::Alive() {
  if (broken_ || !connection_) return false;
  // An idle server says nothing, except a changed setting, or why it goes: that is a notice.
  noticed_ = false;
  pollfd descriptor{PQsocket(connection_.get()), POLLIN, 0};
  while (::poll(&descriptor, 1, 0) != 0) {
    if (PQconsumeInput(connection_.get()) == 0) return false;
    (void)PQisBusy(connection_.get());  // reads what came
    if (noticed_ || PQstatus(connection_.get()) != CONNECTION_OK) return false;
  }
  return true;
}

Task<Result<Rows>> PostgresConnection::Run(std::shared_ptr<Job> job,
                                           std::shared_ptr<Session> session) {
  if (session->abandoned()) co_return Fail(Code::kCancelled, "The caller left.");
  if (session->deadline.Passed(SystemClock())) {
    co_return Fail(Code::kDeadlineExceeded, "The database had no time for this request.");
  }
  if (broken_) co_return Lost(job->name);
  const Watch watch(*this, session->deadline.time);
  session_ = session.get();
  Result<Rows> rows = co_await Dispatch(std::move(job), std::move(session));
  session_ = nullptr;
  if (!rows && rows.error().code == Code::kCancelled) {
    if (stopped_ == Code::kDeadlineExceeded) {
      co_return Fail(Code::kDeadlineExceeded, "The database did not answer in time.");
    }
    // By an administrator.
    if (!stopped_) co_return Fail(Code::kUnavailable, "The database stopped the statement.");
  }
  co_return rows;
}

Task<Result<Rows>> PostgresConnection::Dispatch(std::shared_ptr<Job> job,
                                                std::shared_ptr<Session> session) {
  switch (job->kind) {
    case Job::Kind::kBegin:
      co_return co_await Simple(job->name, session->access == Access::kWrite
                                               ? "BEGIN"
                                               : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    case Job::Kind::kQuery:
      co_return co_await Query(std::move(job));
    case Job::Kind::kInsert:
      co_return co_await Insert(std::move(job));
    case Job::Kind::kScript:
      co_return co_await Simple(job->name, job->script);
    case Job::Kind::kCommit:
      co_return co_await Commit(job->name);
  }
  co_return Fail(Code::kInternal, "no such job");
}

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
  Prepared prepared{"s" + std::to_string(statements_.size()), {}};
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

void PostgresConnection::Arm(std::chrono::steady_clock::time_point time) {
  timer_.expires_at(time);
  timer_.async_wait(
      [weak = weak_from_this(), operation = operation_](const boost::system::error_code& error) {
        if (error) return;
        const auto self = weak.lock();
        if (self && self->operation_ == operation) self->OnTime();
      });
}

void PostgresConnection::OnTime() {
  if (connecting_ || (stopped_ && std::chrono::steady_clock::now() >= give_up_)) {
    broken_ = true;
    if (socket_) socket_->cancel();
    return;
  }
  SendCancel(stopped_.value_or(Code::kDeadlineExceeded));
}

void PostgresConnection::PostInterrupt(std::weak_ptr<Session> session) {
  Post(executor_, [self = shared_from_this(), session = std::move(session)] {
    const auto running = session.lock();
    if (running && self->session_ == running.get() && !self->stopped_) {
      self->SendCancel(Code::kCancelled);
    }
  });
}

void PostgresConnection::SendCancel(Code reason) {
  const auto now = std::chrono::steady_clock::now();
  if (!stopped_) give_up_ = now + options_.cancel_grace;
  stopped_ = reason;
  // The server ignores a cancellation that overtakes the statement: it is repeated until it helps.
  Arm(std::min(give_up_, now + kCancelAgain));
  if (cancel_sent_ && !cancel_sent_->IsSet()) return;
  const Signal sent;
  PGcancel* const cancel = PQgetCancel(connection_.get());
  const bool posted = blocking_.Post([cancel, sent] {
    char error[256];
    PQcancel(cancel, error, sizeof(error));
    PQfreeCancel(cancel);
    sent.Set();
  });
  if (posted) {
    cancel_sent_ = sent;
  } else {
    PQfreeCancel(cancel);
  }
}

Task<bool> PostgresConnection::Clean() {
  const auto deadline = std::chrono::steady_clock::now() + kCleanTimeout;
  if (cancel_sent_) {
    // A cancellation that came late must not hit the next session's statement.
    const bool arrived = co_await cancel_sent_->WaitUntil(deadline);
    cancel_sent_.reset();
    if (!arrived) broken_ = true;
    if (!broken_) {
      const Watch watch(*this, deadline);
      (void)co_await Simple("clean", "SELECT 1");
    }
  }
  if (broken_) co_return false;
  if (PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) {
    const Watch watch(*this, deadline);
    (void)co_await Simple("rollback", "ROLLBACK");
  }
  co_return !broken_ && !cancel_sent_ && PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
}

std::unexpected<Error> PostgresConnection::Failure(std::string_view name, const PGresult* answer) {
  const char* field = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
  if (field == nullptr) return Lost(name);
  const std::string_view sqlstate = field;
  // A plan made before a migration, or lost with the server's memory of it.
  if (sqlstate == "0A000" || sqlstate == "26000") broken_ = true;
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
