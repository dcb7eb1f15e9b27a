// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/job_queue.h"

#include <gtest/gtest.h>

#include <limits>

#include "kit/queue/job_table.h"
#include "kit/queue/queue_test_support.h"

namespace vedette::queue {
namespace {

using namespace std::chrono_literals;

constexpr db::Sql kCountJobs("test_count_jobs", "SELECT COUNT(*) FROM vedette_job");
constexpr auto kClaimTime = 30s;

class JobQueueTest : public QueueTest {
 protected:
  Enqueued Put(JobRequest request) {
    return Run(queue_.Enqueue(std::move(request), Later())).value();
  }
  std::vector<Claimed> Take(std::int64_t limit, std::vector<std::string> kinds = {"mail"}) {
    const Timestamp now = clock_.Now();
    return Run(Claim(*database_,
                     {.kinds = std::move(kinds),
                      .limit = limit,
                      .now = ToUnixMicros(now),
                      .until = ToUnixMicros(now + kClaimTime),
                      .claim = NewUuid(now)},
                     Later()))
        .value();
  }
  Claimed TakeOne() {
    auto taken = Take(1);
    EXPECT_EQ(taken.size(), 1U);
    return taken.empty() ? Claimed{} : taken.front();
  }
  bool GiveUpNow(const Job& job, Code code) {
    return Run(GiveUp(*database_, job.id, job.claim, clock_.Now(), code, Later())).value();
  }

  JobQueue queue_{*database_, clock_};
};

Task<Status> EnqueueAndForget(db::Database* database, JobQueue* queue, bool commit) {
  VEDETTE_CO_TRY(const auto transaction, co_await database->BeginWrite(Later()));
  VEDETTE_CO_CHECK_OK(co_await queue->Enqueue(*transaction, {.kind = "mail"}));
  if (commit) VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
  co_return Status();
}

TEST_P(JobQueueTest, AJobIsThereExactlyWhenItsTransactionCommitted) {
  ASSERT_TRUE(Run(EnqueueAndForget(database_.get(), &queue_, false)));
  EXPECT_TRUE(Take(10).empty());
  ASSERT_TRUE(Run(EnqueueAndForget(database_.get(), &queue_, true)));
  EXPECT_EQ(Take(10).size(), 1U);
}

TEST_P(JobQueueTest, WhatWasPutComesBackUnchanged) {
  const TraceContext trace = TraceContext().Child();
  const std::string payload("\0\xff bytes", 8);
  const auto id = Put({.kind = "mail",
                       .key = "k",
                       .payload = payload,
                       .priority = -3,
                       .deadline = clock_.Now() + 1h,
                       .trace = trace})
                      .id;
  const Job job = TakeOne().job;
  EXPECT_EQ(job.id, id);
  EXPECT_EQ(job.kind, "mail");
  EXPECT_EQ(job.key, "k");
  EXPECT_EQ(job.payload, payload);
  EXPECT_EQ(job.priority, -3);
  EXPECT_EQ(job.attempt, 1);
  EXPECT_EQ(job.created_at, clock_.Now());
  EXPECT_EQ(job.expires_at, clock_.Now() + 1h);
  EXPECT_EQ(job.trace.trace_id, trace.trace_id);
  EXPECT_EQ(job.trace.span_id, trace.span_id);
}

TEST_P(JobQueueTest, HigherPriorityComesFirstThenWhatIsDueLonger) {
  Put({.kind = "mail", .payload = "late", .not_before = clock_.Now() - 1s});
  Put({.kind = "mail", .payload = "early", .not_before = clock_.Now() - 9s});
  Put({.kind = "mail", .payload = "urgent", .priority = 5});
  EXPECT_EQ(TakeOne().job.payload, "urgent");
  EXPECT_EQ(TakeOne().job.payload, "early");
  EXPECT_EQ(TakeOne().job.payload, "late");
}

TEST_P(JobQueueTest, ADelayedJobWaitsAndForeignKindsAreLeft) {
  Put({.kind = "mail", .not_before = clock_.Now() + 10s});
  Put({.kind = "mai", .payload = "foreign"});
  Put({.kind = "m.il", .payload = "foreign"});
  EXPECT_TRUE(Take(10).empty());
  clock_.Advance(10s);
  EXPECT_EQ(Take(10).size(), 1U);
}

Task<Result<bool>> WithdrawIn(db::Database* database, JobQueue* queue, std::string key) {
  VEDETTE_CO_TRY(const auto transaction, co_await database->BeginWrite(Later()));
  VEDETTE_CO_TRY(const bool waited, co_await queue->Withdraw(*transaction, "mail", std::move(key)));
  VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
  co_return waited;
}

TEST_P(JobQueueTest, WhatWaitsCanBeTakenBackByItsKey) {
  const auto withdraw = [&](std::string key) {
    return Run(WithdrawIn(database_.get(), &queue_, std::move(key))).value();
  };
  Put({.kind = "mail", .key = "a"});
  Put({.kind = "other", .key = "a"});
  EXPECT_FALSE(withdraw("b"));
  EXPECT_TRUE(withdraw("a"));
  EXPECT_FALSE(withdraw("a"));
  EXPECT_EQ(Number(kCountJobs), 1);
  Put({.kind = "mail", .key = "c"});
  TakeOne();
  EXPECT_FALSE(withdraw("c")) << "it runs";
  EXPECT_EQ(Number(kCountJobs), 2);
}

TEST_P(JobQueueTest, OfAKeyOneJobWaitsOrRuns) {
  const Enqueued first = Put({.kind = "mail", .key = "a", .priority = 1});
  EXPECT_TRUE(first.fresh);
  const Enqueued again = Put({.kind = "mail", .key = "a"});
  EXPECT_FALSE(again.fresh);
  EXPECT_EQ(again.id, first.id);
  EXPECT_TRUE(Put({.kind = "mail", .key = "b"}).fresh);
  EXPECT_TRUE(Put({.kind = "other", .key = "a"}).fresh);
  const Job job = TakeOne().job;
  ASSERT_EQ(job.key, "a");
  EXPECT_FALSE(Put({.kind = "mail", .key = "a"}).fresh);  // runs
  ASSERT_TRUE(*Run(End(*database_, job.id, job.claim, Later())));
  EXPECT_TRUE(Put({.kind = "mail", .key = "a"}).fresh);
}

TEST_P(JobQueueTest, AClaimThatRanOutIsTakenByAnotherAndTheLateOneWritesNothing) {
  Put({.kind = "mail"});
  const Job lost = TakeOne().job;
  EXPECT_TRUE(Take(1).empty());
  clock_.Advance(kClaimTime - 1s);
  EXPECT_EQ(*Run(Extend(*database_, lost.id, lost.claim, clock_.Now() + kClaimTime, Later())),
            ClaimState::kHeld);
  clock_.Advance(kClaimTime - 1s);
  EXPECT_TRUE(Take(1).empty());
  clock_.Advance(1s);
  const Job taken = TakeOne().job;
  EXPECT_EQ(taken.id, lost.id);
  EXPECT_EQ(taken.attempt, 2);
  EXPECT_EQ(*Run(Extend(*database_, lost.id, lost.claim, clock_.Now() + 1h, Later())),
            ClaimState::kLost);
  EXPECT_FALSE(*Run(End(*database_, lost.id, lost.claim, Later())));
  EXPECT_FALSE(
      *Run(Retry(*database_, lost.id, lost.claim, clock_.Now(), Code::kInternal, Later())));
  EXPECT_FALSE(GiveUpNow(lost, Code::kInternal));
  EXPECT_FALSE(*Run(Release(*database_, lost.id, lost.claim, clock_.Now(), Later())));
  EXPECT_TRUE(*Run(End(*database_, taken.id, taken.claim, Later())));
  EXPECT_EQ(Number(kCountJobs), 0);
}

TEST_P(JobQueueTest, AReleasedJobIsThereAtOnceAndItsAttemptDoesNotCount) {
  Put({.kind = "mail"});
  const Job job = TakeOne().job;
  EXPECT_TRUE(*Run(Release(*database_, job.id, job.claim, clock_.Now(), Later())));
  EXPECT_EQ(TakeOne().job.attempt, 1);
}

TEST_P(JobQueueTest, DeadJobsAreListedRequeuedAndDiscarded) {
  Put({.kind = "mail", .key = "a", .payload = "kept"});
  const Job job = TakeOne().job;
  clock_.Advance(1s);
  ASSERT_TRUE(GiveUpNow(job, Code::kNotFound));
  EXPECT_TRUE(Take(1).empty());
  const auto dead = Run(queue_.DeadJobs(10, Later())).value();
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0].id, job.id);
  EXPECT_EQ(dead[0].kind, "mail");
  EXPECT_EQ(dead[0].key, "a");
  EXPECT_EQ(dead[0].attempts, 1);
  EXPECT_EQ(dead[0].error, Code::kNotFound);
  EXPECT_EQ(dead[0].died_at, clock_.Now());

  const Enqueued other = Put({.kind = "mail", .key = "a"});  // the dead one does not hold the key
  EXPECT_TRUE(other.fresh);
  EXPECT_EQ(Run(queue_.Requeue(job.id, Later())).error().code, Code::kAlreadyExists);
  ASSERT_TRUE(Run(queue_.Cancel(other.id, Later())));
  ASSERT_TRUE(Run(queue_.Requeue(job.id, Later())));
  const Job again = TakeOne().job;
  EXPECT_EQ(again.payload, "kept");
  EXPECT_EQ(again.attempt, 1);
  EXPECT_EQ(Run(queue_.Requeue(job.id, Later())).error().code, Code::kNotFound);
  EXPECT_EQ(Run(queue_.Discard(job.id, Later())).error().code, Code::kNotFound);
  ASSERT_TRUE(GiveUpNow(again, Code::kInternal));
  EXPECT_TRUE(Run(queue_.Discard(job.id, Later())));
  EXPECT_EQ(Number(kCountJobs), 0);
}

TEST_P(JobQueueTest, CancelDropsAWaitingJobAndTellsARunningOne) {
  const Uuid waiting = Put({.kind = "mail"}).id;
  ASSERT_TRUE(Run(queue_.Cancel(waiting, Later())));
  EXPECT_EQ(Number(kCountJobs), 0);
  EXPECT_EQ(Run(queue_.Cancel(waiting, Later())).error().code, Code::kNotFound);

  Put({.kind = "mail"});
  const Job running = TakeOne().job;
  ASSERT_TRUE(Run(queue_.Cancel(running.id, Later())));
  EXPECT_EQ(*Run(Extend(*database_, running.id, running.claim, clock_.Now() + 1h, Later())),
            ClaimState::kCancelRequested);
  // Its runner is gone: who takes it over is told.
  clock_.Advance(2h);
  EXPECT_TRUE(TakeOne().cancel_requested);
}

constexpr db::Sql kEffect("test_effect", "INSERT INTO effect (id) VALUES (1)");
constexpr db::Sql kCountEffects("test_count_effects", "SELECT COUNT(*) FROM effect");

Task<Status> FinishWithEffect(db::Database* database, JobQueue* queue, Job job) {
  VEDETTE_CO_TRY(const auto transaction, co_await database->BeginWrite(Later()));
  VEDETTE_CO_CHECK_OK(co_await transaction->Query(kEffect));
  VEDETTE_CO_CHECK_OK(co_await queue->Finish(*transaction, std::move(job)));
  co_return co_await transaction->Commit();
}

TEST_P(JobQueueTest, FinishCommitsTheEndWithTheEffectOrNeither) {
  Put({.kind = "mail"});
  const Job lost = TakeOne().job;
  clock_.Advance(kClaimTime);
  const Job taken = TakeOne().job;
  EXPECT_EQ(Run(FinishWithEffect(database_.get(), &queue_, lost)).error().code, Code::kConflict);
  EXPECT_EQ(Number(kCountEffects), 0);
  EXPECT_TRUE(Run(FinishWithEffect(database_.get(), &queue_, taken)));
  EXPECT_EQ(Number(kCountEffects), 1);
  EXPECT_EQ(Number(kCountJobs), 0);
}

TEST_P(JobQueueTest, CountsByState) {
  for (int i = 0; i < 4; ++i) Put({.kind = "mail"});
  const Job dead = TakeOne().job;
  ASSERT_TRUE(GiveUpNow(dead, Code::kInternal));
  TakeOne();
  const JobCounts counts = Run(Count(*database_, Later())).value();
  EXPECT_EQ(counts.waiting, 2);
  EXPECT_EQ(counts.running, 1);
  EXPECT_EQ(counts.dead, 1);
  EXPECT_EQ(counts.oldest_due, ToUnixMicros(clock_.Now()));
}

TEST_P(JobQueueTest, AJobHasAPlainKind) {
  // A comma would make two kinds of it, for runners that have these two.
  for (const char* kind : {"", "a,b", "a b", "\xc3\xa9"}) {
    EXPECT_EQ(Run(queue_.Enqueue({.kind = kind}, Later())).error().code, Code::kInvalidArgument);
  }
  EXPECT_TRUE(Run(queue_.Enqueue({.kind = "a.B-1_c"}, Later())));
}

TEST_P(JobQueueTest, EveryNumberIsAPriority) {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  Put({.kind = "mail", .payload = "last", .priority = kLeast});
  Put({.kind = "mail", .payload = "first", .priority = kMost});
  Put({.kind = "mail", .payload = "middle"});
  const std::vector<Claimed> taken = Take(3);
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(taken[0].job.payload, "first");
  EXPECT_EQ(taken[1].job.payload, "middle");
  EXPECT_EQ(taken[2].job.payload, "last");
}

VEDETTE_ON_BOTH_DATABASES(JobQueueTest);

}  // namespace
}  // namespace vedette::queue
