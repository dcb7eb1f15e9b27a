// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/db/database.h"
#include "kit/db/group_writer.h"
#include "kit/task/task.h"
#include "kit/telemetry/metrics.h"
#include "services/monitor/rule_book.h"
#include "services/monitor/types.h"

namespace vedette::monitor {

struct LogWriterOptions {
  std::int64_t queue_limit = 20'000;   // rows that may wait
  std::int64_t group_limit = 5'000;    // rows of one transaction
  std::int64_t catch_up_rows = 5'000;  // sequences looked at in one transaction
};

// The only writer of the log: one transaction at a time, so that sequence order is commit order and
// received_at never falls along it. A second monitor on the same database takes over: from then on
// this one refuses everything, because it would not judge by the rules that the other knows. Each
// transaction judges its new events by the rules known when it began and holds events, alerts and
// outbox rows together. Thread-safe. Close() before destruction.
class LogWriter {
 public:
  struct Dependencies {
    db::Database& database;
    RuleBook& rules;
    const Clock& clock;
    MetricsRegistry& metrics;
    Logger logger;
    Executor executor;
  };

  LogWriter(Dependencies dependencies, LogWriterOptions options);

  // Ends the writing of every other process. Before the rules are loaded that this one judges by.
  Task<Status> TakeOver(Deadline deadline);
  // Whether another process has taken over.
  bool displaced() const { return displaced_; }

  // Durable once answered. kConflict, with the rows, refuses the batch; kResourceExhausted under
  // overload. After kUnavailable and kDeadlineExceeded it is not known whether the batch is there:
  // send it again.
  Task<Result<RecordOutcome>> Record(std::shared_ptr<const RecordBatch> batch, Deadline deadline);

  // As Record would answer now; writes nothing.
  Task<Result<RecordOutcome>> DryRun(std::shared_ptr<const RecordBatch> batch, Deadline deadline);

  // Judges the events with sequence ≤ `up_to` by one version that RuleBook has: those received
  // while it was at work and recorded without it. Goes a bounded way back.
  struct Progress {
    bool done = false;       // the version is covered, durably
    std::int64_t up_to = 0;  // else: where to go on
    std::int32_t raised = 0;
  };
  Task<Result<Progress>> CatchUp(std::string version_id, std::int64_t up_to, Deadline deadline);

  Task<void> Close() { return writer_.Close(); }

 private:
  struct Request {
    std::shared_ptr<const RecordBatch> batch;  // null: catch up
    std::string version_id;
    std::int64_t up_to = 0;
  };
  struct Response {
    RecordOutcome outcome;
    Progress progress;
  };
  using Batches = std::vector<std::shared_ptr<const RecordBatch>>;
  using Outcomes = std::vector<Result<RecordOutcome>>;

  Task<Result<std::vector<Result<Response>>>> Handle(db::Transaction& transaction,
                                                     std::vector<Request> requests);
  Task<Result<Outcomes>> WriteBatches(db::Transaction& transaction,
                                      Batches batches,
                                      Timestamp received_at);
  Task<Result<Progress>> CatchUpChunk(db::Transaction& transaction,
                                      Request request,
                                      Timestamp raised_at);
  // Alerts of the events just inserted, counted into the outcomes of their batches.
  struct Recorded {
    const PreparedEvent* event;
    std::size_t batch;
  };
  Task<Status> Conclude(db::Transaction& transaction,
                        std::vector<Recorded> recorded,
                        Timestamp received_at,
                        Outcomes* outcomes);

  Dependencies dependencies_;
  LogWriterOptions options_;
  const std::string owner_;
  std::atomic<bool> displaced_ = false;
  Histogram& group_size_;
  Counter& evaluations_;
  db::GroupWriter<Request, Response> writer_;
};

}  // namespace vedette::monitor
