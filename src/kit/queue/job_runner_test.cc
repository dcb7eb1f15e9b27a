// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/job_runner.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "kit/queue/job_runner_fixture.h"

namespace vedette::queue {
namespace {

using namespace std::chrono_literals;

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

TEST_P(JobRunnerTest, JobsGivenUpAreDroppedWhenTheyAreTooManyOrTooOld) {
  JobRunnerOptions options = kOptions;
  options.keep_dead = 1h;
  options.most_dead = 2;
  Process& process = Make(options);
  process.runner.Handle("mail", Failing(Code::kInvalidArgument));
  process.runner.Start();
  std::vector<Uuid> ids;
  for (std::uint64_t i = 1; i <= 4; ++i) {
    ids.push_back(Put(process, {.kind = "mail"}));
    ASSERT_TRUE(Eventually([&] { return process.Count(JobOutcome::kDead) == i; }));
    clock_.Advance(1s);
  }
  EXPECT_TRUE(Eventually([&] { return process.runner.Snapshot().dropped == 2; }));
  const auto kept = Run(process.queue.DeadJobs(10, Later())).value();
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].id, ids[3]);
  EXPECT_EQ(kept[1].id, ids[2]);
  clock_.Advance(2h);
  EXPECT_TRUE(Eventually([&] { return process.runner.Snapshot().dropped == 4; }));
  EXPECT_EQ(Number(kCountJobs), 0);
  EXPECT_NE(process.metrics.Expose().find(R"(vedette_job_dropped_total{service="test"} 4)"),
            std::string::npos);
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
  options.claim = 6s;  // so that the runner hears of it soon
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
