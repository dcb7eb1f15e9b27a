// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "kit/queue/job_runner.h"
#include "kit/queue/queue_test_support.h"
#include "kit/task/signal.h"

namespace vedette::queue {

inline constexpr db::Sql kCountJobs("test_count_jobs", "SELECT COUNT(*) FROM vedette_job");
inline constexpr db::Sql kDueAt("test_due_at", "SELECT due_at FROM vedette_job");

struct Seen {
  std::mutex mutex;
  std::map<Uuid, int> running;
  std::map<Uuid, int> runs;
  bool twice_at_once = false;
  std::atomic<int> begun = 0;
  std::atomic<int> ended = 0;
  std::atomic<int> cancelled = 0;
  TraceContext trace;
};

class Running {
 public:
  Running(Seen* seen, const Job& job) : seen_(seen), id_(job.id) {
    const std::lock_guard lock(seen_->mutex);
    ++seen_->begun;
    ++seen_->runs[id_];
    seen_->trace = job.deadline.trace;
    if (++seen_->running[id_] > 1) seen_->twice_at_once = true;
  }
  ~Running() {
    const std::lock_guard lock(seen_->mutex);
    --seen_->running[id_];
    ++seen_->ended;
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Seen* const seen_;
  const Uuid id_;
};

inline Task<Status> Work(Seen* seen, Job job) {
  const Running running(seen, job);
  for (int turn = 0; turn < 5; ++turn) co_await Yield();
  co_return Status();
}

inline Task<Status> WaitForEver(Seen* seen, Job job) {
  const Running running(seen, job);
  const Signal never;
  if (!co_await never.Wait()) ++seen->cancelled;
  co_await Yield();  // throws: cancelled
  co_return Status();
}

inline Task<Status> FailWith(Seen* seen, Code code, Job job) {
  const Running running(seen, job);
  co_return Fail(code, "no");
}

inline Task<Status> Throw(Seen* seen, Job job) {
  const Running running(seen, job);
  throw std::runtime_error("broken");
  co_return Status();
}

// One process: a queue and a runner.
struct Process {
  Process(db::Database& database,
          const Clock& clock,
          JobRunnerOptions options,
          Runtime& runtime,
          RandomSource& random,
          Tracer& tracer)
      : queue(database, clock),
        runner("test",
               options,
               {.queue = queue,
                .runtime = runtime,
                .random = random,
                .tracer = tracer,
                .metrics = metrics,
                .logger = Logger()}) {}

  std::uint64_t Count(JobOutcome outcome) const {
    return runner.Snapshot().outcomes[static_cast<std::size_t>(outcome)];
  }

  MetricsRegistry metrics;
  JobQueue queue;
  JobRunner runner;
};

class JobRunnerTest : public QueueTest {
 protected:
  static constexpr JobRunnerOptions kOptions{.concurrency = 4,
                                             .claim = std::chrono::seconds(30),
                                             .poll = std::chrono::milliseconds(10),
                                             .observe = std::chrono::milliseconds(10)};

  ~JobRunnerTest() override {
    for (const auto& process : processes_) Stop(*process, std::chrono::milliseconds(0));
  }
  Process& Make(JobRunnerOptions options = kOptions) {
    processes_.push_back(
        std::make_unique<Process>(faulty_, clock_, options, runtime_, random_, tracer_));
    return *processes_.back();
  }
  void Stop(Process& process, std::chrono::milliseconds grace) {
    runtime_.RunBlocking([&] { return process.runner.Stop(grace); });
  }
  Uuid Put(Process& process, JobRequest request) {
    return Run(process.queue.Enqueue(std::move(request), Later())).value().id;
  }
  JobHandler Handler(Task<Status> (*handler)(Seen*, Job)) {
    return [this, handler](Job job) { return handler(&seen_, std::move(job)); };
  }
  JobHandler Failing(Code code) {
    return [this, code](Job job) { return FailWith(&seen_, code, std::move(job)); };
  }

  FaultyDatabase faulty_{*database_};
  Seen seen_;
  std::vector<std::unique_ptr<Process>> processes_;
};

}  // namespace vedette::queue
