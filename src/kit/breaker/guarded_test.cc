// SPDX-License-Identifier: Apache-2.0
#include "kit/breaker/guarded.h"

#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>

#include "kit/task/runtime.h"
#include "kit/task/signal.h"
#include "kit/task/sleep.h"
#include "kit/task/spawn.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

using IntTask = Task<Result<int>>;

IntTask Succeed() { co_return 7; }
IntTask FailWith(Code code) { co_return Fail(code, "as told"); }
IntTask Throw() {
  throw std::runtime_error("broken");
  co_return 0;
}
IntTask Abort() {
  throw boost::system::system_error(asio::error::operation_aborted);
  co_return 0;
}
IntTask CountStart(std::shared_ptr<int> starts) {
  ++*starts;
  co_return 7;
}
IntTask FallBack(Error refusal) { co_return refusal.code == Code::kUnavailable ? 42 : 0; }

class RefuseIfPossible final : public RandomSource {
 public:
  std::uint64_t Next() override { return 0; }
};

class GuardedTest : public testing::Test {
 protected:
  Result<int> Run(IntTask work, OutcomeFunction outcome = OutcomeOf) {
    return Await<Result<int>>(runtime_, [this, work = std::move(work), outcome]() mutable {
      return Guarded(breaker_, std::move(work), outcome);
    });
  }
  Result<int> RunOr(IntTask work, Fallback<int> fallback) {
    return Await<Result<int>>(
        runtime_, [this, work = std::move(work), fallback = std::move(fallback)]() mutable {
          return GuardedOr<int>(breaker_, std::move(work), std::move(fallback));
        });
  }
  void Open() {
    for (int i = 0; i < 6; ++i) Run(FailWith(Code::kUnavailable));
  }

  FakeClock clock_;
  RefuseIfPossible random_;
  std::shared_ptr<Breaker> breaker_ =
      std::make_shared<Breaker>("test", BreakerOptions(), clock_, random_);
  Runtime runtime_{1};
};

TEST_F(GuardedTest, ASuccessIsReturnedAndCounted) {
  EXPECT_EQ(Run(Succeed()), 7);
  EXPECT_EQ(breaker_->Snapshot().accepted, 1);
}

TEST_F(GuardedTest, WhileOpenItRefusesWithoutStarting) {  // K5
  Open();
  const auto starts = std::make_shared<int>(0);
  const Result<int> refused = Run(CountStart(starts));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_EQ(refused.error().message, "circuit is open");
  EXPECT_EQ(*starts, 0);
}

TEST_F(GuardedTest, TheFallbackAnswersRefusalsAlone) {  // K4
  EXPECT_EQ(RunOr(Succeed(), FallBack), 7);
  const Result<int> failed = RunOr(FailWith(Code::kUnavailable), FallBack);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "as told");
  Open();
  EXPECT_EQ(RunOr(Succeed(), FallBack), 42);
}

TEST_F(GuardedTest, AnErrorOfTheCallerNeverOpensIt) {  // K6, K17
  for (int i = 0; i < 1000; ++i) {
    const Result<int> result = Run(FailWith(Code::kInvalidArgument));
    ASSERT_FALSE(result);
    ASSERT_EQ(result.error().message, "as told");
  }
  EXPECT_EQ(breaker_->Snapshot().accepted, 1000);
}

TEST_F(GuardedTest, WhatIsAFailureTheCallerMaySay) {  // K6
  const OutcomeFunction nothing_is_a_failure = [](const Error*) { return Outcome::kSuccess; };
  for (int i = 0; i < 100; ++i) Run(FailWith(Code::kInternal), nothing_is_a_failure);
  EXPECT_EQ(breaker_->Snapshot().accepted, 100);
}

TEST_F(GuardedTest, AFailureIsCountedWithItsReason) {
  Run(FailWith(Code::kDeadlineExceeded));
  const Breaker::State state = breaker_->Snapshot();
  EXPECT_EQ(state.failed, 1);
  ASSERT_EQ(state.reasons.size(), 1);
  EXPECT_EQ(state.reasons[0].second, "DEADLINE_EXCEEDED");
}

TEST_F(GuardedTest, AnExceptionGoesOnAndIsAFailure) {  // K7
  EXPECT_THROW(Run(Throw()), std::runtime_error);
  const Breaker::State state = breaker_->Snapshot();
  EXPECT_EQ(state.failed, 1);
  EXPECT_EQ(state.reasons.at(0).second, "exception");
}

TEST_F(GuardedTest, CallersThatLeaveCountAsNothing) {  // K13
  for (int i = 0; i < 100; ++i) {
    EXPECT_THROW(Run(Abort()), boost::system::system_error);
    EXPECT_FALSE(Run(FailWith(Code::kCancelled)));
  }
  EXPECT_EQ(breaker_->Snapshot().total, 0);
  EXPECT_EQ(Run(Succeed()), 7);
}

TEST_F(GuardedTest, ACallerThatHadLeftIsNotCounted) {  // K13
  Open();
  const auto starts = std::make_shared<int>(0);
  const std::int64_t total = breaker_->Snapshot().total;
  Canceller canceller;
  const Signal ended;
  Spawn(
      runtime_.At(0),
      [&]() -> Task<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        canceller.Cancel();
        co_await Yield();
        co_await asio::this_coro::throw_if_cancelled(true);
        co_await Guarded(breaker_, CountStart(starts));
      },
      [&](std::exception_ptr error) {
        EXPECT_TRUE(error);
        ended.Set();
      },
      canceller);
  runtime_.RunBlocking([&]() -> Task<void> { co_await ended.Wait(); });
  EXPECT_EQ(*starts, 0);
  EXPECT_EQ(breaker_->Snapshot().total, total);
}

}  // namespace
}  // namespace vedette
