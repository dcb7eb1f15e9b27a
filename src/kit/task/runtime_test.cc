// SPDX-License-Identifier: Apache-2.0
#include "kit/task/runtime.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>

#include "kit/task/blocking_pool.h"
#include "kit/task/deadline.h"
#include "kit/task/spawn.h"
#include "kit/task/task_test_support.h"

namespace vedette {
namespace {

using namespace std::chrono_literals;

Task<int> Constant(int value) { co_return value; }

TEST(RuntimeTest, AwaitGivesTheValueAndRethrows) {
  Runtime runtime(2);
  EXPECT_EQ(Await<int>(runtime, [] { return Constant(7); }), 7);
  EXPECT_THROW(Await<int>(runtime, [] { return Throw(); }), std::runtime_error);
}

TEST(RuntimeTest, ExecutorsAreDistinctThreads) {
  std::latch both(2);
  Runtime runtime(2);
  // Would never end if the two shared a thread.
  for (std::size_t i = 0; i < 2; ++i) {
    Post(runtime.At(i), [&both] { both.arrive_and_wait(); });
  }
  both.wait();
}

class FixedClock final : public Clock {
 public:
  Timestamp Now() const override { return {}; }
  SteadyTime SteadyNow() const override { return SteadyTime(1h); }
};

TEST(DeadlineTest, ALaterMomentThanTheClockKnowsIsNone) {
  const FixedClock clock;
  EXPECT_EQ(Deadline::After(clock, 10s).time, SteadyTime(1h + 10s));
  EXPECT_EQ(Deadline::After(clock, -10s).time, SteadyTime(1h - 10s));
  EXPECT_FALSE(Deadline::After(clock, std::chrono::nanoseconds::max()).IsSet());
}

struct SetOnExit {
  ~SetOnExit() { signal.Set(); }
  Signal signal;
};

Task<void> SleepForEver(Signal started, Signal set_on_exit) {
  const SetOnExit guard{std::move(set_on_exit)};
  started.Set();
  co_await SleepUntil(std::chrono::steady_clock::time_point::max());
}

TEST(RuntimeTest, WhatIsAbandonedMaySignalAnotherThreadsTask) {
  std::atomic<int> resumed = 0;
  {
    Runtime runtime(2);
    const Signal exited;
    for (std::size_t i = 0; i < 2; ++i) {
      const Signal started;
      Spawn(
          runtime.At(i),
          [&] {
            return i == 0 ? CountSet(exited, started, &resumed) : SleepForEver(started, exited);
          },
          [](std::exception_ptr) {});
      EXPECT_TRUE(Await<bool>(runtime, [&] { return WaitFor(started); }));
    }
  }
  EXPECT_EQ(resumed, 0);
}

Task<Result<int>> RunOn(BlockingPool* pool, int value) {
  co_return co_await pool->Run<int>([value] { return value * 2; });
}

TEST(BlockingPoolTest, RunsAndResumes) {
  Runtime runtime(1);
  BlockingPool pool("test", 2, 10);
  EXPECT_EQ(*Await<Result<int>>(runtime, [&] { return RunOn(&pool, 21); }), 42);
}

TEST(BlockingPoolTest, AFullQueueRefuses) {
  std::latch busy(1);
  std::latch release(1);
  Runtime runtime(1);
  BlockingPool pool("test", 1, 1);
  ASSERT_TRUE(pool.Post([&] {
    busy.count_down();
    release.wait();
  }));
  busy.wait();
  ASSERT_TRUE(pool.Post([] {}));
  const auto refused = Await<Result<int>>(runtime, [&] { return RunOn(&pool, 1); });
  release.count_down();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
}

}  // namespace
}  // namespace vedette
