// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/job_runner.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <unordered_set>
#include <utility>

#include "kit/queue/active_job.h"
#include "kit/queue/contained.h"
#include "kit/queue/job_attempt.h"
#include "kit/queue/job_metrics.h"
#include "kit/queue/job_observer.h"
#include "kit/queue/job_table.h"
#include "kit/task/task_group.h"

namespace vedette::queue {
namespace {

constexpr std::chrono::seconds kStatementTimeout{5};

}  // namespace

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
        attempts{queue, random, tracer, logger, options.claim, stopping},
        observer(service, options, queue, registry, logger),
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
  std::atomic<bool> stopping = false;
  const AttemptContext attempts;
  JobObserver observer;
  std::optional<Uuid> unheard;  // a claim whose answer was lost; of the claim loop

  mutable std::mutex mutex;
  std::map<std::string, Kind, std::less<>> kinds;  // not changed after Start
  std::unordered_set<Active> active;
  std::array<std::uint64_t, kJobOutcomeCount> outcomes{};
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
    if (!co_await ReleaseUnheard() || request.limit <= 0) co_return false;
    const Timestamp now = queue.clock().Now();
    const SteadyTime held_until = steady.SteadyNow() + options.claim;
    request.now = ToUnixMicros(now);
    request.until = ToUnixMicros(now + options.claim);
    request.claim = NewUuid(now);
    unheard = request.claim;
    auto claimed =
        co_await Contained(Claim(queue.database(), std::move(request), StatementDeadline()));
    if (!claimed) co_return false;  // the next poll tries again
    unheard.reset();
    for (Claimed& each : *claimed) Begin(std::move(each), held_until, now);
    co_return !claimed->empty();
  }

  // A claim whose answer was lost may have been made: its jobs are handed back, so that they wait
  // for nobody and no attempt counts that was none. False when that fails too.
  Task<bool> ReleaseUnheard() {
    if (!unheard) co_return true;
    const auto released = co_await Contained(
        ReleaseClaim(queue.database(), *unheard, queue.clock().Now(), StatementDeadline()));
    if (released) unheard.reset();
    co_return released.has_value();
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
    const std::string_view name = kinds.find(job->job.kind)->first;
    const AttemptEnd end =
        co_await AttemptJob(&attempts, name, &kind->handler, kind->options, job, now);
    Report(*job, *kind, end.outcome, end.error);
    Forget(job, *kind);
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
  if (!IsJobKind(kind)) throw std::logic_error("not a kind of job: " + kind);
  JobKindMetrics metrics(impl_->registry, impl_->service, kind);
  const bool fresh =
      impl_->kinds.try_emplace(std::move(kind), Impl::Kind{std::move(handler), options, metrics, 0})
          .second;
  if (!fresh) throw std::logic_error("a kind of job has two handlers");
}

void JobRunner::Start() {
  const std::shared_ptr<Impl> impl = impl_;
  impl->loops.Spawn(impl->runtime.Next(), "job claims", [impl] { return impl->ClaimLoop(); });
  impl->watchers.Spawn(impl->runtime.Next(), "job depth", [impl] { return impl->observer.Run(); });
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
  (void)co_await impl->ReleaseUnheard();
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
              .depth = impl.observer.depth(),
              .outcomes = impl.outcomes,
              .dropped = impl.observer.dropped()};
  for (const auto& job : impl.active) {
    state.running.push_back(
        {job->job.kind, job->job.attempt,
         std::chrono::duration_cast<std::chrono::microseconds>(now - job->begin)});
  }
  return state;
}

}  // namespace vedette::queue
