// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/job_runner.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cctype>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <unordered_set>
#include <utility>

#include "kit/queue/active_job.h"
#include "kit/queue/job_metrics.h"
#include "kit/queue/job_table.h"
#include "kit/queue/verdict.h"
#include "kit/task/cancellation.h"
#include "kit/task/signal.h"
#include "kit/task/sleep.h"
#include "kit/task/spawn.h"
#include "kit/task/task_group.h"

namespace vedette::queue {
namespace {

constexpr std::chrono::seconds kStatementTimeout{5};
constexpr std::chrono::milliseconds kWriteAgain{200};

// Text that can stand in the list of kinds of a claim.
bool IsKind(std::string_view kind) {
  return !kind.empty() && kind.size() <= 100 && std::ranges::all_of(kind, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
  });
}

Task<void> Invoke(const JobHandler* handler, Job job, std::optional<Status>* answer) {
  answer->emplace(co_await (*handler)(std::move(job)));
}

}  // namespace

void JobRunnerOptions::Describe(config::Section& section) {
  section.Field("concurrency", concurrency,
                {.text = "Jobs that run at a time.", .minimum = 1, .maximum = 1000});
  section.Field("claim", claim,
                {.text = "Time after which the jobs of a process that is gone are taken over.",
                 .minimum = 1000,
                 .maximum = 3'600'000});
  section.Field("poll", poll,
                {.text = "How often the queue is looked at when nobody wakes it.",
                 .minimum = 10,
                 .maximum = 600'000});
  section.Field("observe", observe,
                {.text = "How often the depth of the queue is read for the metrics.",
                 .minimum = 100,
                 .maximum = 600'000});
}

struct JobRunner::Impl : std::enable_shared_from_this<Impl> {
  struct Kind {
    JobHandler handler;
    KindOptions options;
    JobKindMetrics metrics;
    std::int64_t running = 0;
  };
  using Active = std::shared_ptr<ActiveJob>;

  Impl(std::string runner_service, JobRunnerOptions runner_options, Dependencies dependencies)
      : service(std::move(runner_service)),
        options(runner_options),
        queue(dependencies.queue),
        runtime(dependencies.runtime),
        random(dependencies.random),
        tracer(dependencies.tracer),
        registry(dependencies.metrics),
        logger(dependencies.logger),
        depth_metrics(dependencies.metrics, service),
        loops(dependencies.logger),
        watchers(dependencies.logger),
        jobs(dependencies.logger) {}

  const std::string service;
  const JobRunnerOptions options;
  JobQueue& queue;
  Runtime& runtime;
  RandomSource& random;
  Tracer& tracer;
  MetricsRegistry& registry;
  const Logger logger;
  const SystemClock steady;  // timers of the system measure claims and deadlines
  JobDepthMetrics depth_metrics;

  mutable std::mutex mutex;
  std::map<std::string, Kind, std::less<>> kinds;  // not changed after Start
  std::unordered_set<Active> active;
  JobDepth depth;
  std::array<std::uint64_t, kJobOutcomeCount> outcomes{};
  std::atomic<bool> stopping = false;
  bool stopped = false;

  TaskGroup loops;
  TaskGroup watchers;
  TaskGroup jobs;

  Deadline StatementDeadline() const { return Deadline::After(steady, kStatementTimeout); }

  // The kinds that may run one more job, and how many jobs may begin.
  ClaimRequest NextClaim() {
    ClaimRequest request;
    const std::lock_guard lock(mutex);
    request.limit = options.concurrency - static_cast<std::int64_t>(active.size());
    for (const auto& [name, kind] : kinds) {
      const std::int64_t limit = kind.options.concurrency;
      if (limit > 0 && kind.running >= limit) continue;
      request.kinds.push_back(name);
      // One claim takes from several kinds, so none may give more than the tightest has room for.
      if (limit > 0) request.limit = std::min(request.limit, limit - kind.running);
    }
    if (request.kinds.empty()) request.limit = 0;
    return request;
  }

  Task<void> ClaimLoop() {
    while (!stopping) {
      const bool again = co_await ClaimSome();
      if (!again && !stopping) co_await queue.wakeup().WaitUntil(NextPoll());
    }
  }

  SteadyTime NextPoll() {
    const double jitter = 0.8 + 0.4 * random.Uniform();
    return steady.SteadyNow() + std::chrono::duration_cast<SteadyTime::duration>(
                                    std::chrono::duration<double, std::milli>(
                                        static_cast<double>(options.poll.count()) * jitter));
  }

  // Whether it is worth looking again at once.
  Task<bool> ClaimSome() {
    ClaimRequest request = NextClaim();
    if (request.limit <= 0) co_return false;
    const Timestamp now = queue.clock().Now();
    const SteadyTime held_until = steady.SteadyNow() + options.claim;
    request.now = ToUnixMicros(now);
    request.until = ToUnixMicros(now + options.claim);
    request.claim = NewUuid(now);
    auto claimed = co_await Claim(queue.database(), std::move(request), StatementDeadline());
    if (!claimed) co_return false;  // the next poll tries again
    for (Claimed& each : *claimed) Begin(std::move(each), held_until, now);
    co_return !claimed->empty();
  }

  void Begin(Claimed claimed, SteadyTime held_until, Timestamp now) {
    const std::string name = claimed.job.kind;
    auto job = std::make_shared<ActiveJob>(std::move(claimed.job), held_until, steady.SteadyNow());
    Kind& kind = kinds.find(name)->second;
    {
      const std::lock_guard lock(mutex);
      active.insert(job);
      ++kind.running;
    }
    if (claimed.cancel_requested) job->Stop(StopReason::kCancelled);
    if (stopping) job->Stop(StopReason::kStopping);
    const bool begun = jobs.Spawn(
        runtime.Next(), "job",
        [self = shared_from_this(), job, &kind, now] { return self->Do(job, &kind, now); });
    if (!begun) Forget(job, kind);  // its claim runs out
  }

  void Forget(const Active& job, Kind& kind) {
    {
      const std::lock_guard lock(mutex);
      active.erase(job);
      --kind.running;
    }
    queue.wakeup().Notify();
  }

  Task<void> Do(Active job, Kind* kind, Timestamp now) {
    // What is written at the end is not to be lost with a cancellation.
    co_await asio::this_coro::throw_if_cancelled(false);
    Span span = tracer.Start(kinds.find(job->job.kind)->first, SpanKind::kConsumer, job->job.trace);
    Verdict verdict;
    if (job->reason() != StopReason::kNone) {
      verdict = Judge(Fail(Code::kCancelled, ""), job->reason(), 0, 0);
    } else if (job->job.attempt > kind->options.max_attempts) {
      // Those who began it before were lost each time; it may be what brought them down.
      verdict = {.outcome = JobOutcome::kDead, .error = Code::kUnavailable};
    } else if (job->job.expires_at && *job->job.expires_at < now) {
      verdict = {.outcome = JobOutcome::kDead, .error = Code::kDeadlineExceeded};
    } else {
      verdict = co_await Attempt(job, kind, span.context());
    }
    span.Set("outcome", Name(verdict.outcome));
    if (verdict.outcome == JobOutcome::kRetried || verdict.outcome == JobOutcome::kDead) {
      span.Fail(verdict.error);
    }
    const JobOutcome outcome = co_await Settle(job, kind, verdict);
    Report(*job, *kind, outcome, verdict.error);
    Forget(job, *kind);
  }

  Task<Verdict> Attempt(Active job, Kind* kind, TraceContext trace) {
    const Deadline deadline = Deadline::After(steady, kind->options.timeout).Within(trace);
    Job given = job->job;
    given.deadline = deadline;
    auto answer = std::make_shared<std::optional<Status>>();
    const Signal ended;
    Spawn(
        co_await CurrentExecutor(),
        [handler = &kind->handler, given = std::move(given), answer]() mutable {
          return Invoke(handler, std::move(given), answer.get());
        },
        [ended, self = shared_from_this(), job](std::exception_ptr error) {
          // What it says may hold values, so it is not logged.
          if (error && !IsCancellation(error)) {
            self->logger.Error("a job ended by an exception", {{"kind", job->job.kind}});
          }
          ended.Set();
        },
        job->canceller);
    SteadyTime next_beat = steady.SteadyNow() + options.claim / 3;
    while (!co_await ended.WaitUntil(NextLook(*job, deadline, next_beat))) {
      const SteadyTime look = steady.SteadyNow();
      if (deadline.Passed(steady)) job->Stop(StopReason::kTimeout);
      if (look >= job->held_until) job->Stop(StopReason::kLost);
      if (look < next_beat) continue;
      next_beat = look + options.claim / 3;
      co_await Beat(job);
    }
    co_return Judge(*answer, job->reason(), job->job.attempt, kind->options.max_attempts);
  }

  // Also a handler that was told to stop keeps its claim until it has.
  static SteadyTime NextLook(const ActiveJob& job, Deadline deadline, SteadyTime next_beat) {
    if (job.reason() != StopReason::kNone) return next_beat;
    return std::min({next_beat, deadline.time, job.held_until});
  }

  Task<void> Beat(Active job) {
    const SteadyTime asked = steady.SteadyNow();
    const Timestamp until = queue.clock().Now() + options.claim;
    const auto state =
        co_await Extend(queue.database(), job->job.id, job->job.claim, until, StatementDeadline());
    if (!state) co_return;  // tried again until the claim has run out
    if (*state == ClaimState::kLost) {
      job->Stop(StopReason::kLost);
      co_return;
    }
    job->held_until = asked + options.claim;
    if (*state == ClaimState::kCancelRequested) job->Stop(StopReason::kCancelled);
  }

  // Writes the verdict, as long as the claim is ours. What it came to.
  Task<JobOutcome> Settle(Active job, Kind* kind, Verdict verdict) {
    while (verdict.outcome != JobOutcome::kLost) {
      const Result<bool> written = co_await Write(job->job, *kind, verdict);
      if (written) {
        if (*written) co_return verdict.outcome;
        // The handler may have ended it together with its effect.
        const auto there = co_await Exists(queue.database(), job->job.id, StatementDeadline());
        const bool finished = verdict.outcome == JobOutcome::kDone && there && !*there;
        co_return finished ? JobOutcome::kDone : JobOutcome::kLost;
      }
      if (stopping || steady.SteadyNow() + kWriteAgain >= job->held_until) break;
      co_await SleepFor(kWriteAgain);
    }
    co_return JobOutcome::kLost;
  }

  Task<Result<bool>> Write(Job job, const Kind& kind, Verdict verdict) {
    db::Database& database = queue.database();
    const Timestamp now = queue.clock().Now();
    const Deadline deadline = StatementDeadline();
    switch (verdict.outcome) {
      case JobOutcome::kDone:
      case JobOutcome::kCancelled:
        co_return co_await End(database, job.id, job.claim, deadline);
      case JobOutcome::kRetried: {
        const auto wait =
            std::max(verdict.at_least, FullJitter(kind.options.backoff, job.attempt, random));
        co_return co_await Retry(database, job.id, job.claim, now + wait, verdict.error, deadline);
      }
      case JobOutcome::kDead:
        co_return co_await GiveUp(database, job.id, job.claim, now, verdict.error, deadline);
      case JobOutcome::kReleased:
        co_return co_await Release(database, job.id, job.claim, now, deadline);
      case JobOutcome::kLost:
        break;
    }
    co_return false;
  }

  void Report(const ActiveJob& job, Kind& kind, JobOutcome outcome, Code error) {
    kind.metrics.Observe(outcome, steady.SteadyNow() - job.begin);
    {
      const std::lock_guard lock(mutex);
      ++outcomes[static_cast<std::size_t>(outcome)];
    }
    if (outcome != JobOutcome::kDead && outcome != JobOutcome::kLost) return;
    const std::string_view code = Describe(error).name;
    logger.Warning(outcome == JobOutcome::kDead ? "a job was given up" : "a job's claim was lost",
                   {{"kind", job.job.kind},
                    {"job", job.job.id.ToString()},
                    {"attempt", job.job.attempt},
                    {"code", outcome == JobOutcome::kDead ? code : std::string_view()}});
  }

  Task<void> ObserveLoop() {
    while (true) {
      const auto counts = co_await Count(queue.database(), StatementDeadline());
      if (counts) Show(*counts);
      co_await SleepFor(options.observe);
    }
  }

  void Show(const JobCounts& counts) {
    JobDepth now{counts.waiting, counts.running, counts.dead, std::chrono::microseconds(0)};
    if (counts.oldest_due > 0) {
      const auto age = queue.clock().Now() - FromUnixMicros(counts.oldest_due);
      now.oldest = std::max(std::chrono::microseconds(0), age);
    }
    depth_metrics.Show(now);
    const std::lock_guard lock(mutex);
    depth = now;
  }

  void StopActive() {
    const std::lock_guard lock(mutex);
    for (const Active& job : active) job->Stop(StopReason::kStopping);
  }

  bool Idle() const {
    const std::lock_guard lock(mutex);
    return active.empty();
  }
};

JobRunner::JobRunner(std::string service, JobRunnerOptions options, Dependencies dependencies)
    : impl_(std::make_shared<Impl>(std::move(service), options, std::move(dependencies))) {}

JobRunner::~JobRunner() = default;

void JobRunner::Handle(std::string kind, JobHandler handler, KindOptions options) {
  if (!IsKind(kind)) throw std::logic_error("not a kind of job: " + kind);
  JobKindMetrics metrics(impl_->registry, impl_->service, kind);
  const bool fresh =
      impl_->kinds.try_emplace(std::move(kind), Impl::Kind{std::move(handler), options, metrics, 0})
          .second;
  if (!fresh) throw std::logic_error("a kind of job has two handlers");
}

void JobRunner::Start() {
  const std::shared_ptr<Impl> impl = impl_;
  impl->loops.Spawn(impl->runtime.Next(), "job claims", [impl] { return impl->ClaimLoop(); });
  impl->watchers.Spawn(impl->runtime.Next(), "job depth", [impl] { return impl->ObserveLoop(); });
}

Task<void> JobRunner::Stop(std::chrono::milliseconds grace) {
  const std::shared_ptr<Impl> impl = impl_;
  if (std::exchange(impl->stopped, true)) co_return;
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  impl->stopping = true;
  impl->queue.wakeup().Notify();
  impl->watchers.Cancel();
  co_await impl->watchers.Join();
  // Not cancelled: a claim that the database has made must be known here.
  co_await impl->loops.Join();
  const SteadyTime end = impl->steady.SteadyNow() + grace;
  // Each job that ends wakes this, as it woke the loop.
  while (!impl->Idle() && impl->steady.SteadyNow() < end) {
    co_await impl->queue.wakeup().WaitUntil(end);
  }
  impl->StopActive();
  co_await impl->jobs.Join();
  co_await asio::this_coro::throw_if_cancelled(throws);
}

JobRunner::State JobRunner::Snapshot() const {
  const Impl& impl = *impl_;
  const SteadyTime now = impl.steady.SteadyNow();
  const std::lock_guard lock(impl.mutex);
  State state{.service = impl.service,
              .concurrency = impl.options.concurrency,
              .running = {},
              .depth = impl.depth,
              .outcomes = impl.outcomes};
  for (const auto& job : impl.active) {
    state.running.push_back(
        {job->job.kind, job->job.attempt,
         std::chrono::duration_cast<std::chrono::microseconds>(now - job->begin)});
  }
  return state;
}

}  // namespace vedette::queue
