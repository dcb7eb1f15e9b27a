// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "kit/config/section.h"
#include "kit/queue/backoff.h"
#include "kit/queue/job.h"
#include "kit/queue/job_queue.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/tracer.h"

namespace vedette::queue {

struct JobRunnerOptions {
  std::int64_t concurrency = 4;             // jobs at a time
  std::chrono::milliseconds claim{30'000};  // extended each third of it while the job runs
  std::chrono::milliseconds poll{1000};     // ± a fifth
  std::chrono::milliseconds observe{5000};  // how often depth and age are read
  std::chrono::milliseconds keep_dead = std::chrono::days(30);  // of jobs given up
  std::int64_t most_dead = 1000;  // jobs given up that are kept: the newest

  void Describe(config::Section& section);
};

// How jobs of one kind are treated.
struct KindOptions {
  std::int64_t max_attempts = 8;
  std::chrono::milliseconds timeout{5 * 60 * 1000};  // of one attempt
  BackoffOptions backoff = {};
  std::int64_t concurrency = 0;  // jobs of this kind at a time; 0: as many as the runner does
};

// Success: the job is over. kInvalidArgument, kUnauthenticated, kPermissionDenied, kNotFound,
// kAlreadyExists, kFailedPrecondition, kPayloadTooLarge and kUnimplemented will not be otherwise
// next time: the job is given up at once. Everything else, an exception (as kInternal) and a
// passed deadline included, is tried again after a pause, not before the error's retry_after, until
// max_attempts. The handler's task is cancelled at the deadline, when the job is cancelled, when
// its claim is lost, and when the runner stops.
using JobHandler = std::function<Task<Status>(Job)>;

// Whether an error is tried again.
bool IsWorthRetrying(Code code);

struct JobDepth {
  std::int64_t waiting = 0;  // each at most 10 000 counted
  std::int64_t running = 0;
  std::int64_t dead = 0;
  std::chrono::microseconds oldest{0};  // how long the most overdue job has been due
};

// Does the jobs of one queue. Several runners, of several processes, share a queue: each job is
// claimed by one of them for `claim`, which is extended while it runs. A runner that is gone, or
// cannot reach the database for so long, loses its claims to the others; it cancels its handler
// then, so two handle one job at a time only if their clocks differ by more than a third of the
// claim. Jobs of kinds without a handler here are left to others. A job that was given up is kept
// for an operator, for keep_dead at most. Thread-safe.
//
// Metrics, by service: vedette_job_runs_total{kind,outcome}, vedette_job_run_seconds{kind},
// vedette_job_count{state}, vedette_job_oldest_seconds, vedette_job_dropped_total.
class JobRunner {
 public:
  struct RunningJob {
    std::string kind;
    std::int64_t attempt = 1;
    std::chrono::microseconds since{0};
  };
  struct State {
    std::string service;
    std::int64_t concurrency = 0;
    std::vector<RunningJob> running;
    JobDepth depth;  // as of the last look
    std::array<std::uint64_t, kJobOutcomeCount> outcomes{};
    std::uint64_t dropped = 0;  // jobs given up that were too old or too many
  };
  struct Dependencies {
    JobQueue& queue;
    Runtime& runtime;
    RandomSource& random;
    Tracer& tracer;
    MetricsRegistry& metrics;
    Logger logger;
  };

  // `service` labels the metrics. What `dependencies` refer to outlives it.
  JobRunner(std::string service, JobRunnerOptions options, Dependencies dependencies);
  ~JobRunner();  // after Stop
  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;

  // Before Start. One handler per kind (letters, digits and _ . - only): std::logic_error.
  void Handle(std::string kind, JobHandler handler, KindOptions options = {});

  void Start();

  // Claims nothing more, lets running jobs end for at most `grace`, then cancels them and hands
  // them back, so that another runner begins them at once, the attempt not being counted. Harmless
  // when called twice or without Start.
  Task<void> Stop(std::chrono::milliseconds grace);

  State Snapshot() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vedette::queue
