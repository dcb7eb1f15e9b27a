// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/db/database.h"
#include "kit/db/group_writer.h"
#include "kit/queue/outbox.h"
#include "kit/task/task.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/tracer.h"
#include "services/monitor/alert_tables.h"
#include "services/monitor/detector.h"
#include "services/monitor/rule_book.h"
#include "services/monitor/rule_metrics.h"
#include "services/monitor/silence_tables.h"
#include "services/monitor/site_watch.h"
#include "services/monitor/types.h"

namespace vedette::monitor {

struct LogWriterOptions {
  std::int64_t queue_limit = 20'000;       // rows that may wait
  std::int64_t group_limit = 5'000;        // rows of one transaction
  std::int64_t catch_up_rows = 5'000;      // sequences looked at in one transaction
  std::int64_t subjects_at_once = 200;     // loaded in one transaction that nobody waits for
  std::int64_t engine_subjects = 100'000;  // kept in memory of a study
};

// The only writer of the log and of its alerts: one transaction at a time, so that sequence order
// is commit order and received_at never falls along it. A second monitor on the same database takes
// over: from then on this one refuses everything, because it would not judge by the rules that the
// other knows. Each transaction judges its new events by the rules known when it began and holds
// events, alerts, their changes and outbox rows together. Thread-safe. Close() before destruction.
class LogWriter {
 public:
  struct Dependencies {
    db::Database& database;
    RuleBook& rules;
    const queue::Outbox& outbox;
    const Clock& clock;
    MetricsRegistry& metrics;
    Logger logger;
    Executor executor;
    Tracer* tracer = nullptr;  // null: no spans
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
    bool done = false;         // the version is covered, durably
    std::int64_t up_to = 0;    // else: where to go on
    std::int32_t changes = 0;  // of alerts
  };
  Task<Result<Progress>> CatchUp(std::string version_id, std::int64_t up_to, Deadline deadline);

  // Whether Tick has something to do: a timer is due, subjects are to be loaded, or sites are to be
  // judged.
  bool TickDue() const;
  // Lets time go on, loads some of the subjects that timers need, and counts some for the rates of
  // sites. How many alerts changed.
  Task<Result<std::int32_t>> Tick(Deadline deadline);

  // What people do with alerts. In the one order of all changes.
  Task<Status> Act(ActionEntry entry, Deadline deadline);
  Task<Status> Put(Silence silence, Deadline deadline);
  Task<Status> End(EndedSilence silence, Deadline deadline);

  Task<void> Close() { return writer_.Close(); }

 private:
  using BatchRequest = std::shared_ptr<const RecordBatch>;
  struct CatchUpRequest {
    std::string version_id;
    std::int64_t up_to = 0;
  };
  struct TickRequest {};
  using Request =
      std::variant<BatchRequest, CatchUpRequest, TickRequest, ActionEntry, Silence, EndedSilence>;
  struct Response {
    RecordOutcome outcome;
    Progress progress;
    std::int32_t changes = 0;
  };
  using Batches = std::vector<BatchRequest>;
  using Outcomes = std::vector<Result<RecordOutcome>>;

  Task<Result<std::vector<Result<Response>>>> Handle(db::Transaction& transaction,
                                                     std::vector<Request> requests);
  // The inner answer is for the request alone; it has left nothing behind when it is a refusal.
  Task<Result<Result<Response>>> HandleOther(db::Transaction& transaction,
                                             Request request,
                                             Timestamp now);
  Task<Result<Outcomes>> WriteBatches(db::Transaction& transaction,
                                      Batches batches,
                                      Timestamp received_at);
  Task<Result<Progress>> CatchUpChunk(db::Transaction& transaction,
                                      CatchUpRequest request,
                                      Timestamp now);
  Task<Result<std::int32_t>> JudgeSites(db::Transaction& transaction, Timestamp now);
  Task<Result<std::int32_t>> LoadCold(db::Transaction& transaction, Timestamp now);
  Task<Result<std::int32_t>> Write(db::Transaction& transaction, Findings findings, Timestamp now);
  // What the events just inserted change, counted into the outcomes of their batches.
  Task<Status> Conclude(db::Transaction& transaction,
                        std::vector<Recorded> recorded,
                        Timestamp received_at,
                        Outcomes* outcomes);
  Task<Status> PutNewSubjects(db::Transaction& transaction, const std::vector<Recorded>& recorded);
  void Show();

  Dependencies dependencies_;
  LogWriterOptions options_;
  const std::string owner_;
  std::atomic<bool> displaced_ = false;
  Histogram& group_size_;
  Histogram& engine_seconds_;
  RuleMetrics rule_metrics_;

  // Of the writing task alone.
  Detector detector_;
  SiteWatch sites_;
  std::unordered_set<std::string> seen_subjects_;
  // Told to TickDue.
  std::atomic<rules::Seconds> next_timer_ = INT64_MAX;
  std::atomic<bool> cold_ = false;
  std::atomic<const void*> followed_ = nullptr;

  db::GroupWriter<Request, Response> writer_;
};

}  // namespace vedette::monitor
