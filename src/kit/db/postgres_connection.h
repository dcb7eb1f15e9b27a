// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libpq-fe.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "kit/db/postgres_codec.h"
#include "kit/db/postgres_database.h"
#include "kit/db/session.h"
#include "kit/task/blocking_pool.h"
#include "kit/task/signal.h"
#include "kit/task/task.h"

namespace vedette::db {

// One connection to PostgreSQL through non-blocking libpq, its prepared statements, and the
// execution of jobs on it. Everything runs on its executor, one call at a time.
class PostgresConnection : public std::enable_shared_from_this<PostgresConnection> {
 public:
  // `resolving` and `cancelling` run what libpq can only do blocking: name resolution and cancels.
  // They are apart, since a cancellation may hang as long as the network does.
  PostgresConnection(Executor executor,
                     const PostgresOptions& options,
                     BlockingPool& resolving,
                     BlockingPool& cancelling);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  Task<Status> Connect();
  // False if the server has closed the idle connection.
  bool Alive();

  // At the session's deadline the statement is cancelled in the server (kDeadlineExceeded); if that
  // does not help within the grace, the connection is given up.
  Task<Result<Rows>> Run(std::shared_ptr<Job> job, std::shared_ptr<Session> session);
  // Cancels the statement that runs for this session, if one does. From any thread.
  void PostInterrupt(std::weak_ptr<Session> session);
  void GiveUp() { broken_ = true; }
  // Ends what the session left open. False when the connection is of no more use.
  Task<bool> Clean();

 private:
  using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>,
                                           Executor>;
  using Socket = asio::posix::basic_stream_descriptor<Executor>;
  struct FinishConnection {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  using Connection = std::unique_ptr<PGconn, FinishConnection>;
  struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Answer = std::unique_ptr<PGresult, ClearResult>;
  struct Prepared {
    std::string name;
    std::vector<PostgresType> types;  // of the parameters
  };
  class Watch;  // the deadline of one operation

  Task<Result<Rows>> Dispatch(std::shared_ptr<Job> job, std::shared_ptr<Session> session);
  Task<Result<Rows>> Query(std::shared_ptr<Job> job);
  Task<Result<Rows>> Insert(std::shared_ptr<Job> job);
  Task<Result<Rows>> Simple(std::string_view name, std::string text);
  Task<Result<Rows>> Commit(std::string_view name);
  Task<Result<Rows>> Execute(std::string_view name,
                             std::string statement,
                             int count,
                             PostgresParameters::Pointers pointers);
  Task<Result<const Prepared*>> Prepare(std::string_view name, std::string text);
  Task<Status> Negotiate();
  Task<Result<Answer>> Collect(std::string_view name);
  Task<void> Wait(Socket::wait_type what);
  Result<Rows> ReadRows(const Answer& answer);

  void Attach();
  void Arm(std::chrono::steady_clock::time_point time);
  void OnTime();
  void SendCancel(Code reason);
  std::unexpected<Error> Failure(std::string_view name, const PGresult* answer);
  std::unexpected<Error> Lost(std::string_view name);

  const Executor executor_;
  const PostgresOptions& options_;
  BlockingPool& resolving_;
  BlockingPool& cancelling_;
  Connection connection_;
  std::optional<Socket> socket_;  // libpq's descriptor, which libpq closes
  Timer timer_;
  const Session* session_ = nullptr;               // whose job runs
  std::uint64_t operation_ = 0;                    // so that a late timer does not hit the next one
  std::optional<Code> stopped_;                    // why the running operation was cancelled
  std::chrono::steady_clock::time_point give_up_;  // when cancellation has not helped
  std::optional<Signal> cancel_sent_;              // set once the server has the cancellation
  bool connecting_ = false;
  bool broken_ = false;
  bool noticed_ = false;  // the server said something unasked
  std::unordered_map<std::string, Prepared> statements_;
  std::uint64_t next_statement_ = 0;
};

}  // namespace vedette::db
