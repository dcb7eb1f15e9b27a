// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/verdict.h"

#include <gtest/gtest.h>

namespace vedette::queue {
namespace {

using namespace std::chrono_literals;

std::optional<Status> Answer(Code code) { return Status(Fail(code, "")); }

TEST(VerdictTest, ASuccessIsDoneWhateverStoppedIt) {
  for (const StopReason reason : {StopReason::kNone, StopReason::kTimeout, StopReason::kCancelled,
                                  StopReason::kLost, StopReason::kStopping}) {
    EXPECT_EQ(Judge(Status(), reason, 1, 3).outcome, JobOutcome::kDone);
  }
}

TEST(VerdictTest, TheReasonOfAStopDecidesOtherwise) {
  EXPECT_EQ(Judge(std::nullopt, StopReason::kLost, 1, 3).outcome, JobOutcome::kLost);
  EXPECT_EQ(Judge(std::nullopt, StopReason::kCancelled, 1, 3).outcome, JobOutcome::kCancelled);
  EXPECT_EQ(Judge(Answer(Code::kCancelled), StopReason::kStopping, 3, 3).outcome,
            JobOutcome::kReleased);
  const Verdict late = Judge(std::nullopt, StopReason::kTimeout, 1, 3);
  EXPECT_EQ(late.outcome, JobOutcome::kRetried);
  EXPECT_EQ(late.error, Code::kDeadlineExceeded);
}

TEST(VerdictTest, WhatMayChangeIsRetriedUntilTheLastAttempt) {
  EXPECT_EQ(Judge(Answer(Code::kUnavailable), StopReason::kNone, 2, 3).outcome,
            JobOutcome::kRetried);
  EXPECT_EQ(Judge(Answer(Code::kUnavailable), StopReason::kNone, 3, 3).outcome, JobOutcome::kDead);
  const Verdict thrown = Judge(std::nullopt, StopReason::kNone, 1, 3);
  EXPECT_EQ(thrown.outcome, JobOutcome::kRetried);
  EXPECT_EQ(thrown.error, Code::kInternal);
}

TEST(VerdictTest, WhatWillNotChangeIsGivenUpAtOnce) {
  const Verdict verdict = Judge(Answer(Code::kInvalidArgument), StopReason::kNone, 1, 3);
  EXPECT_EQ(verdict.outcome, JobOutcome::kDead);
  EXPECT_EQ(verdict.error, Code::kInvalidArgument);
}

TEST(VerdictTest, TheWaitAskedForIsKept) {
  const Status busy =
      Fail(Error{.code = Code::kResourceExhausted, .message = "", .retry_after = 7s});
  EXPECT_EQ(Judge(busy, StopReason::kNone, 1, 3).at_least, 7s);
}

TEST(VerdictTest, AWishFromAfarIsADayAtMost) {
  const Status busy = Fail(Error{.code = Code::kResourceExhausted,
                                 .message = "",
                                 .retry_after = std::chrono::milliseconds::max()});
  EXPECT_EQ(Judge(busy, StopReason::kNone, 1, 3).at_least, 24h);
}

}  // namespace
}  // namespace vedette::queue
