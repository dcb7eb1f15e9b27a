// SPDX-License-Identifier: Apache-2.0
#include "kit/db/postgres_connection.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "kit/task/spawn.h"

namespace vedette::db {
namespace {

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
                                       BlockingPool& resolving,
                                       BlockingPool& cancelling)
    : executor_(executor),
      options_(options),
      resolving_(resolving),
      cancelling_(cancelling),
      timer_(executor) {}

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
    // A host that is gone without a word is noticed in ten seconds, also while nothing is sent.
    const char* keys[] = {"dbname",
                          "fallback_application_name",
                          "tcp_user_timeout",
                          "keepalives_idle",
                          "keepalives_interval",
                          "keepalives_count",
                          nullptr};
    const char* values[] = {url.c_str(), name.c_str(), "10000", "4", "2", "3", nullptr};
    return Connection(PQconnectStartParams(keys, values, 1));
  };
  VEDETTE_CO_TRY(connection_, co_await resolving_.Run<Connection>(std::move(start)));
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
  const bool posted = cancelling_.Post([cancel, sent] {
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

}  // namespace vedette::db
