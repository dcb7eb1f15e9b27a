// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/job_runner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <stdexcept>

#include "kit/queue/job_table.h"
#include "kit/queue/queue_test_support.h"
#include "kit/task/signal.h"

namespace vedette::queue {
namespace {

using namespace std::chrono_literals;

constexpr db::Sql kCountJobs("test_count_jobs", "SELECT COUNT(*) FROM vedette_job");
constexpr db::Sql kDueAt("test_due_at", "SELECT due_at FROM vedette_job");

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

Task<Status> Work(Seen* seen, Job job) {
  const Running running(seen, job);
  for (int turn = 0; turn < 5; ++turn) co_await Yield();
  co_return Status();
}

Task<Status> WaitForEver(Seen* seen, Job job) {
  const Running running(seen, job);
  const Signal never;
  if (!co_await never.Wait()) ++seen->cancelled;
  co_await Yield();  // throws: cancelled
  co_return Status();
}

Task<Status> FailWith(Seen* seen, Code code, Job job) {
  const Running running(seen, job);
  co_return Fail(code, "no");
}

Task<Status> Throw(Seen* seen, Job job) {
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
  static constexpr JobRunnerOptions kOptions{
      .concurrency = 4, .claim = 30s, .poll = 10ms, .observe = 10ms};

  ~JobRunnerTest() override {
    for (const auto& process : processes_) Stop(*process, 0ms);
  }
  Process& Make(JobRunnerOptions options = kOptions) {
    processes_.push_back(
        std::make_unique<Process>(*database_, clock_, options, runtime_, random_, tracer_));
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

  Seen seen_;
  std::vector<std::unique_ptr<Process>> processes_;
};

TEST_P(JobRunnerTest, DoesJobsAndForgetsThem) {
  Process& process = Make();
  process.runner.Handle("mail", Handler(&Work));
  process.runner.Start();
  for (int i = 0; i < 20; ++i) Put(process, {.kind = "mail"});
  EXPECT_TRUE(Eventually([&] { return process.Count(JobOutcome::kDone) == 20; }));
  EXPECT_EQ(Number(kCountJobs), 0);
  EXPECT_NE(process.metrics.Expose().find(
                R"(vedette_job_runs_total{kind="mail",outcome="done",service="test"} 20)"),
            std::string::npos);
}

TEST_P(JobRunnerTest, ACommitWakesTheRunnerOfTheSameProcess) {
  JobRunnerOptions never_polls = kOptions;
  never_polls.poll = 1h;
  Process& process = Make(never_polls);
  process.runner.Handle("mail", Handler(&Work));
  process.runner.Start();
  for (int i = 0; i < 3; ++i) {
    Put(process, {.kind = "mail"});
    EXPECT_TRUE(Eventually(
        [&] { return process.Count(JobOutcome::kDone) == static_cast<std::uint64_t>(i) + 1; }));
  }
}

TEST_P(JobRunnerTest, NeverMoreAtATimeThanAllowed) {
  JobRunnerOptions options = kOptions;
  options.concurrency = 3;
  Process& process = Make(options);
  process.runner.Handle("mail", Handler(&WaitForEver), {.concurrency = 1});
  process.runner.Handle("page", Handler(&WaitForEver));
  for (int i = 0; i < 5; ++i) Put(process, {.kind = "mail", .priority = 1});
  for (int i = 0; i < 5; ++i) Put(process, {.kind = "page"});
  process.runner.Start();
  EXPECT_TRUE(Eventually([&] { return seen_.begun == 3; }));
  EXPECT_TRUE(Eventually([&] { return process.runner.Snapshot().depth.running == 3; }));
  int mails = 0;
  for (const auto& running : process.runner.Snapshot().running) mails += running.kind == "mail";
  EXPECT_EQ(mails, 1);
  EXPECT_EQ(process.runner.Snapshot().depth.waiting, 7);
}

TEST_P(JobRunnerTest, AFailureIsTriedAgainLaterAndGivenUpAtLast) {
  Process& process = Make();
  process.runner.Handle("mail", Failing(Code::kUnavailable),
                        {.max_attempts = 3, .backoff = {.first = 1min, .longest = 10min}});
  process.runner.Start();
  Put(process, {.kind = "mail"});
  for (std::uint64_t attempt = 1; attempt < 3; ++attempt) {
    EXPECT_TRUE(Eventually([&] { return process.Count(JobOutcome::kRetried) == attempt; }));
    const Timestamp due = FromUnixMicros(Number(kDueAt));
    EXPECT_GE(due, clock_.Now());
    EXPECT_LE(due, clock_.Now() + 1min * attempt);
    clock_.Advance(1min * attempt);
  }
  EXPECT_TRUE(Eventually([&] { return process.Count(JobOutcome::kDead) == 1; }));
  EXPECT_EQ(seen_.begun, 3);
  const auto dead = Run(process.queue.DeadJobs(10, Later())).value();
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0].error, Code::kUnavailable);
  EXPECT_EQ(dead[0].attempts, 3);
}

TEST_P(JobRunnerTest, AnExceptionIsContainedAndAHopelessJobIsGivenUpAtOnce) {
  Process& process = Make();
  process.runner.Handle("throws", Handler(&Throw), {.max_attempts = 1});
  process.runner.Handle("wrong", Failing(Code::kInvalidArgument));
  process.runner.Handle("mail", Handler(&Work));
  process.runner.Start();
  Put(process, {.kind = "throws"});
  Put(process, {.kind = "wrong"});
  Put(process, {.kind = "mail"});
  EXPECT_TRUE(Eventually([&] {
    return process.Count(JobOutcome::kDead) == 2 && process.Count(JobOutcome::kDone) == 1;
  }));
  EXPECT_EQ(seen_.begun, 3);
}

TEST_P(JobRunnerTest, AnAttemptEndsAtItsTimeout) {
  Process& process = Make();
  process.runner.Handle("mail", Handler(&WaitForEver), {.max_attempts = 1, .timeout = 20ms});
  process.runner.Start();
  Put(process, {.kind = "mail"});
  EXPECT_TRUE(Eventually([&] { return process.Count(JobOutcome::kDead) == 1; }));
  EXPECT_EQ(seen_.cancelled, 1);
  EXPECT_EQ(Run(process.queue.DeadJobs(1, Later())).value().at(0).error, Code::kDeadlineExceeded);
}

TEST_P(JobRunnerTest, AJobIsNotBegunAfterItsDeadline) {
  Process& process = Make();
  process.runner.Handle("mail", Handler(&Work));
  Put(process, {.kind = "mail", .deadline = clock_.Now() + 1s});
  clock_.Advance(2s);
  process.runner.Start();
  EXPECT_TRUE(Eventually([&] { return process.Count(JobOutcome::kDead) == 1; }));
  EXPECT_EQ(seen_.begun, 0);
}

TEST_P(JobRunnerTest, ARunningJobThatIsCancelledStopsAndIsGone) {
  JobRunnerOptions options = kOptions;
  options.claim = 1500ms;  // so that the runner hears of it soon
  Process& process = Make(options);
  process.runner.Handle("mail", Handler(&WaitForEver));
  process.runner.Start();
  const Uuid id = Put(process, {.kind = "mail"});
  EXPECT_TRUE(Eventually([&] { return seen_.begun == 1; }));
  ASSERT_TRUE(Run(process.queue.Cancel(id, Later())));
  EXPECT_TRUE(Eventually([&] { return process.Count(JobOutcome::kCancelled) == 1; }));
  EXPECT_EQ(seen_.cancelled, 1);
  EXPECT_EQ(Number(kCountJobs), 0);
}

TEST_P(JobRunnerTest, StopLetsShortJobsEndAndHandsLongOnesBack) {
  Process& process = Make();
  process.runner.Handle("mail", Handler(&WaitForEver));
  process.runner.Start();
  Put(process, {.kind = "mail"});
  EXPECT_TRUE(Eventually([&] { return seen_.begun == 1; }));
  Stop(process, 5ms);
  EXPECT_EQ(process.Count(JobOutcome::kReleased), 1U);
  EXPECT_EQ(seen_.cancelled, 1);
  Put(process, {.kind = "mail"});  // not begun any more

  // The other process need not wait for the claim to run out, and the attempt did not count.
  Process& other = Make();
  other.runner.Handle("mail", Handler(&Work), {.max_attempts = 1});
  other.runner.Start();
  EXPECT_TRUE(Eventually([&] { return other.Count(JobOutcome::kDone) == 2; }));
  EXPECT_EQ(seen_.begun, 3);
}

TEST_P(JobRunnerTest, TheJobOfAProcessThatIsGoneIsTakenAfterItsClaimRanOut) {
  Process& process = Make();
  const Uuid id = Put(process, {.kind = "mail"});
  // What a process does that is killed right after its claim.
  const Timestamp now = clock_.Now();
  ASSERT_EQ(Run(Claim(*database_,
                      {.kinds = {"mail"},
                       .limit = 1,
                       .now = ToUnixMicros(now),
                       .until = ToUnixMicros(now + 30s),
                       .claim = NewUuid(now)},
                      Later()))
                ->size(),
            1U);
  process.runner.Handle("mail", Handler(&Work));
  process.runner.Handle("probe", Handler(&Work));
  process.runner.Start();
  Put(process, {.kind = "probe"});
  EXPECT_TRUE(Eventually([&] { return process.Count(JobOutcome::kDone) == 1; }));
  EXPECT_FALSE(seen_.runs.contains(id));
  clock_.Advance(31s);
  EXPECT_TRUE(Eventually([&] { return process.Count(JobOutcome::kDone) == 2; }));
  EXPECT_TRUE(seen_.runs.contains(id));
}

TEST_P(JobRunnerTest, AJobWhoseRunnersWereLostEachTimeIsGivenUpUnbegun) {
  Process& process = Make();
  Put(process, {.kind = "mail"});
  for (int lost = 0; lost < 2; ++lost) {
    const Timestamp now = clock_.Now();
    ASSERT_TRUE(Run(Claim(*database_,
                          {.kinds = {"mail"},
                           .limit = 1,
                           .now = ToUnixMicros(now),
                           .until = ToUnixMicros(now + 30s),
                           .claim = NewUuid(now)},
                          Later())));
    clock_.Advance(31s);
  }
  process.runner.Handle("mail", Handler(&Work), {.max_attempts = 2});
  process.runner.Start();
  EXPECT_TRUE(Eventually([&] { return process.Count(JobOutcome::kDead) == 1; }));
  EXPECT_EQ(seen_.begun, 0);
}

TEST_P(JobRunnerTest, TheClaimIsExtendedWhileTheJobRuns) {
  JobRunnerOptions options = kOptions;
  options.claim = 1500ms;
  Process& process = Make(options);
  process.runner.Handle("mail", Handler(&WaitForEver));
  process.runner.Start();
  Put(process, {.kind = "mail"});
  EXPECT_TRUE(Eventually([&] { return seen_.begun == 1; }));
  clock_.Advance(200ms);
  const std::int64_t claimed_until = Number(kDueAt);
  EXPECT_TRUE(Eventually([&] { return Number(kDueAt) > claimed_until; }));
  EXPECT_EQ(seen_.begun, 1);
}

TEST_P(JobRunnerTest, TwoRunnersNeverDoAJobTwiceAtOnce) {
  Process& first = Make();
  Process& second = Make();
  constexpr int kJobs = 150;
  for (int i = 0; i < kJobs; ++i) Put(first, {.kind = "mail"});
  for (Process* process : {&first, &second}) {
    process->runner.Handle("mail", Handler(&Work));
    process->runner.Start();
  }
  EXPECT_TRUE(Eventually(
      [&] { return first.Count(JobOutcome::kDone) + second.Count(JobOutcome::kDone) == kJobs; }));
  EXPECT_FALSE(seen_.twice_at_once);
  EXPECT_EQ(seen_.begun, kJobs);
  EXPECT_EQ(Number(kCountJobs), 0);
}

Task<Status> FinishItself(JobQueue* queue, Seen* seen, Job job) {
  const Running running(seen, job);
  VEDETTE_CO_TRY(const auto transaction, co_await queue->database().BeginWrite(Later()));
  VEDETTE_CO_CHECK_OK(co_await queue->Finish(*transaction, std::move(job)));
  co_return co_await transaction->Commit();
}

TEST_P(JobRunnerTest, AJobThatFinishedItselfIsDone) {
  Process& process = Make();
  process.runner.Handle(
      "mail", [&](Job job) { return FinishItself(&process.queue, &seen_, std::move(job)); });
  process.runner.Start();
  Put(process, {.kind = "mail"});
  EXPECT_TRUE(Eventually([&] { return process.Count(JobOutcome::kDone) == 1; }));
  EXPECT_EQ(Number(kCountJobs), 0);
}

TEST_P(JobRunnerTest, TheTraceTravelsInTheRow) {
  Process& process = Make();
  process.runner.Handle("mail", Handler(&Work));
  process.runner.Start();
  const TraceContext asked = TraceContext().Child();
  Put(process, {.kind = "mail", .trace = asked});
  EXPECT_TRUE(Eventually([&] { return process.Count(JobOutcome::kDone) == 1; }));
  const auto span = tracer_.Find("mail");
  ASSERT_TRUE(span);
  EXPECT_EQ(span->kind, SpanKind::kConsumer);
  EXPECT_EQ(span->context.trace_id, asked.trace_id);
  EXPECT_EQ(span->parent_span_id, asked.span_id);
  EXPECT_EQ(seen_.trace.span_id, span->context.span_id);
}

TEST_P(JobRunnerTest, AKindIsPlainAndHasOneHandler) {
  Process& process = Make();
  process.runner.Handle("mail", Handler(&Work));
  EXPECT_THROW(process.runner.Handle("mail", Handler(&Work)), std::logic_error);
  EXPECT_THROW(process.runner.Handle("a,b", Handler(&Work)), std::logic_error);
  EXPECT_THROW(process.runner.Handle("", Handler(&Work)), std::logic_error);
}

VEDETTE_ON_BOTH_DATABASES(JobRunnerTest);

}  // namespace
}  // namespace vedette::queue
