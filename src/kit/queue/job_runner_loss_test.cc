// SPDX-License-Identifier: Apache-2.0
// Runners that stop, are lost, or whose database breaks: no job is lost, none is done twice at
// once.
#include <gtest/gtest.h>

#include "kit/queue/job_runner_fixture.h"
#include "kit/queue/job_table.h"

namespace vedette::queue {
namespace {

using namespace std::chrono_literals;
using Fault = FaultyDatabase::Fault;

class JobRunnerLossTest : public JobRunnerTest {};

TEST_P(JobRunnerLossTest, StopLetsShortJobsEndAndHandsLongOnesBack) {
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

TEST_P(JobRunnerLossTest, TheJobOfAProcessThatIsGoneIsTakenAfterItsClaimRanOut) {
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

TEST_P(JobRunnerLossTest, AJobWhoseRunnersWereLostEachTimeIsGivenUpUnbegun) {
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

TEST_P(JobRunnerLossTest, TheClaimIsExtendedWhileTheJobRuns) {
  JobRunnerOptions options = kOptions;
  options.claim = 6s;
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

TEST_P(JobRunnerLossTest, TwoRunnersNeverDoAJobTwiceAtOnce) {
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

TEST_P(JobRunnerLossTest, AStatementThatThrowsEndsNothing) {
  faulty_.Break("job_claim", Fault::kThrow, 3);
  Process& process = Make();
  process.runner.Handle("mail", Handler(&Work));
  process.runner.Start();
  Put(process, {.kind = "mail"});
  EXPECT_TRUE(Eventually([&] { return process.Count(JobOutcome::kDone) == 1; }));

  faulty_.Break("job_end", Fault::kThrow, 2);
  Put(process, {.kind = "mail"});
  EXPECT_TRUE(Eventually([&] { return process.Count(JobOutcome::kDone) == 2; }));

  faulty_.Break("job_count", Fault::kThrow, 2);
  EXPECT_TRUE(Eventually([&] { return faulty_.left() == 0; }));
  EXPECT_EQ(seen_.begun, 2);
  EXPECT_EQ(Number(kCountJobs), 0);
}

// Time stands still, so the claim never runs out.
TEST_P(JobRunnerLossTest, TheJobsOfAClaimWhoseAnswerWasLostAreHandedBackUncounted) {
  Process& process = Make();
  process.runner.Handle("mail", Handler(&Work), {.max_attempts = 1});
  Put(process, {.kind = "mail"});
  faulty_.Break("job_claim", Fault::kLoseAnswer, 1);
  process.runner.Start();
  EXPECT_TRUE(Eventually([&] { return process.Count(JobOutcome::kDone) == 1; }));
  EXPECT_EQ(process.Count(JobOutcome::kDead), 0U);
}

TEST_P(JobRunnerLossTest, AJobThatIsOverIsWrittenAlsoWhenTheFirstAnswerIsLostAtStop) {
  Process& process = Make();
  process.runner.Handle("mail", Handler(&WaitForEver));
  process.runner.Start();
  Put(process, {.kind = "mail"});
  EXPECT_TRUE(Eventually([&] { return seen_.begun == 1; }));
  faulty_.Break("job_release", Fault::kThrow, 1);
  Stop(process, 0ms);
  EXPECT_EQ(process.Count(JobOutcome::kReleased), 1U);
}

VEDETTE_ON_BOTH_DATABASES(JobRunnerLossTest);

}  // namespace
}  // namespace vedette::queue
