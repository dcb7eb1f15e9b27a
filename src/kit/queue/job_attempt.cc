// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/job_attempt.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "kit/queue/contained.h"
#include "kit/queue/job_table.h"
#include "kit/queue/verdict.h"
#include "kit/task/cancellation.h"
#include "kit/task/signal.h"
#include "kit/task/sleep.h"
#include "kit/task/spawn.h"

namespace vedette::queue {
namespace {

using Active = std::shared_ptr<ActiveJob>;

constexpr std::chrono::seconds kStatementTimeout{5};
constexpr std::chrono::milliseconds kWriteAgain{200};
constexpr int kWritesAtStop = 3;

Task<void> Invoke(const JobHandler* handler, Job job, std::optional<Status>* answer) {
  answer->emplace(co_await (*handler)(std::move(job)));
}

// The steps of one attempt, in the frame of AttemptJob.
class Attempt {
 public:
  Attempt(const AttemptContext& context, const KindOptions& options, ActiveJob& job)
      : context_(context), options_(options), job_(job) {}

  // What is known before the handler is asked.
  std::optional<Verdict> Foregone(Timestamp now) const {
    if (job_.reason() != StopReason::kNone) {
      return Judge(Fail(Code::kCancelled, ""), job_.reason(), 0, 0);
    }
    // Those who began it before were lost each time; it may be what brought them down.
    if (job_.job.attempt > options_.max_attempts) {
      return Verdict{.outcome = JobOutcome::kDead, .error = Code::kUnavailable};
    }
    if (job_.job.expires_at && *job_.job.expires_at < now) {
      return Verdict{.outcome = JobOutcome::kDead, .error = Code::kDeadlineExceeded};
    }
    return std::nullopt;
  }

  Task<Verdict> Handle(const JobHandler* handler, Active shared, TraceContext trace) {
    const Deadline deadline = Deadline::After(clock_, options_.timeout).Within(trace);
    Job given = job_.job;
    given.deadline = deadline;
    auto answer = std::make_shared<std::optional<Status>>();
    const Signal ended;
    Spawn(
        co_await CurrentExecutor(),
        [handler, given = std::move(given), answer]() mutable {
          return Invoke(handler, std::move(given), answer.get());
        },
        [ended, logger = context_.logger, shared](std::exception_ptr error) {
          // What it says may hold values, so it is not logged.
          if (error && !IsCancellation(error)) {
            logger.Error("a job ended by an exception", {{"kind", shared->job.kind}});
          }
          ended.Set();
        },
        job_.canceller);
    SteadyTime next_beat = clock_.SteadyNow() + context_.claim / 3;
    while (!co_await ended.WaitUntil(NextLook(deadline, next_beat))) {
      const SteadyTime look = clock_.SteadyNow();
      if (deadline.Passed(clock_)) job_.Stop(StopReason::kTimeout);
      if (look >= job_.held_until) job_.Stop(StopReason::kLost);
      if (look < next_beat) continue;
      next_beat = look + context_.claim / 3;
      co_await Beat();
    }
    co_return Judge(*answer, job_.reason(), job_.job.attempt, options_.max_attempts);
  }

  // Writes the verdict, as long as the claim is ours. What it came to.
  Task<JobOutcome> Settle(Verdict verdict) {
    int writes_at_stop = 0;
    while (verdict.outcome != JobOutcome::kLost) {
      const Result<bool> written = co_await Contained(Write(verdict));
      if (written && *written) co_return verdict.outcome;
      if (written) co_return co_await NotWritten(verdict.outcome);
      if (clock_.SteadyNow() + kWriteAgain >= job_.held_until) break;
      if (context_.stopping && ++writes_at_stop >= kWritesAtStop) break;
      co_await SleepFor(kWriteAgain);
    }
    co_return JobOutcome::kLost;
  }

 private:
  Deadline StatementDeadline() const { return Deadline::After(clock_, kStatementTimeout); }

  // Also a handler that was told to stop keeps its claim until it has.
  SteadyTime NextLook(Deadline deadline, SteadyTime next_beat) const {
    if (job_.reason() != StopReason::kNone) return next_beat;
    return std::min({next_beat, deadline.time, job_.held_until});
  }

  Task<void> Beat() {
    const SteadyTime asked = clock_.SteadyNow();
    const Timestamp until = context_.queue.clock().Now() + context_.claim;
    const auto state =
        co_await Contained(Extend(context_.queue.database(), job_.job.id, job_.job.claim, until,
                                  StatementDeadline().Earlier({.time = job_.held_until})));
    if (!state) co_return;  // tried again until the claim has run out
    if (*state == ClaimState::kLost) {
      job_.Stop(StopReason::kLost);
      co_return;
    }
    job_.held_until = asked + context_.claim;
    if (*state == ClaimState::kCancelRequested) job_.Stop(StopReason::kCancelled);
  }

  // The handler may have ended it together with its effect.
  Task<JobOutcome> NotWritten(JobOutcome wanted) {
    if (wanted != JobOutcome::kDone) co_return JobOutcome::kLost;
    const auto there =
        co_await Contained(Exists(context_.queue.database(), job_.job.id, StatementDeadline()));
    co_return there && !*there ? JobOutcome::kDone : JobOutcome::kLost;
  }

  Task<Result<bool>> Write(Verdict verdict) {
    db::Database& database = context_.queue.database();
    const Job& job = job_.job;
    const Timestamp now = context_.queue.clock().Now();
    const Deadline deadline = StatementDeadline();
    switch (verdict.outcome) {
      case JobOutcome::kDone:
      case JobOutcome::kCancelled:
        co_return co_await End(database, job.id, job.claim, deadline);
      case JobOutcome::kRetried: {
        const auto wait =
            std::max(verdict.at_least, FullJitter(options_.backoff, job.attempt, context_.random));
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

  const AttemptContext& context_;
  const KindOptions& options_;
  ActiveJob& job_;
  const SystemClock clock_;  // timers of the system measure claims and deadlines
};

}  // namespace

Task<AttemptEnd> AttemptJob(const AttemptContext* context,
                            std::string_view kind,
                            const JobHandler* handler,
                            KindOptions options,
                            std::shared_ptr<ActiveJob> job,
                            Timestamp now) {
  Span span = context->tracer.Start(kind, SpanKind::kConsumer, job->job.trace);
  Attempt attempt(*context, options, *job);
  std::optional<Verdict> verdict = attempt.Foregone(now);
  if (!verdict) verdict = co_await attempt.Handle(handler, job, span.context());
  span.Set("outcome", Name(verdict->outcome));
  if (verdict->outcome == JobOutcome::kRetried || verdict->outcome == JobOutcome::kDead) {
    span.Fail(verdict->error);
  }
  co_return AttemptEnd{co_await attempt.Settle(*verdict), verdict->error};
}

}  // namespace vedette::queue
