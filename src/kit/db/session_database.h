// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "kit/db/database.h"
#include "kit/db/governor.h"
#include "kit/db/lane.h"
#include "kit/db/query_metrics.h"
#include "kit/db/session.h"

namespace vedette::db {

struct Timeouts {
  std::chrono::milliseconds acquire{5000};     // waiting for a connection
  std::chrono::milliseconds statement{30000};  // of a call or transaction without a deadline
};

// What SQLite and PostgreSQL have in common: calls become jobs of sessions, sessions wait in a
// lane, workers run them. The dialects differ in their workers alone.
class SessionDatabase : public Database {
 public:
  SessionDatabase(Timeouts timeouts,
                  Governance governance,
                  MetricsRegistry* registry,
                  const std::string& service);

  Task<Result<Rows>> Query(Deadline deadline, Sql sql, Params params) final;
  Task<Result<std::unique_ptr<Transaction>>> BeginWrite(Deadline deadline) final;
  Task<Result<std::unique_ptr<Transaction>>> BeginRead(Deadline deadline) final;
  DatabaseState Snapshot() const final;

  // Waits for a job of a session that holds its connection already.
  Task<Result<Rows>> Finish(std::shared_ptr<Session> session, std::shared_ptr<Job> job);

 protected:
  virtual Lane& LaneFor(Access access) = 0;
  virtual Access AccessOf(Sql sql) const = 0;
  virtual std::size_t connections() const = 0;
  QueryMetrics& metrics() { return metrics_; }

 private:
  Result<Breaker::Permit> Allow();
  Task<Result<std::unique_ptr<Transaction>>> Begin(Access access, Deadline deadline);
  // `served`, which the caller owns, becomes true when a connection was had.
  Task<Result<Rows>> Enter(std::shared_ptr<Session> session,
                           std::shared_ptr<Job> job,
                           bool* served);
  Task<Result<Rows>> WaitInLane(std::shared_ptr<Session> session,
                                std::shared_ptr<Job> job,
                                bool* served);
  Task<Result<Rows>> WaitForAnswer(std::shared_ptr<Session> session, std::shared_ptr<Job> job);
  Deadline WithDefault(Deadline deadline) const;
  void Record(const Job& job, SteadyTime begin, const Result<Rows>& result, Span& span);

  const SystemClock
      clock_;  // timers of the system measure the deadlines, so no other clock will do
  const Timeouts timeouts_;
  QueryMetrics metrics_;
  Governor governor_;
};

}  // namespace vedette::db
