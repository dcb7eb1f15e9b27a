// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <latch>
#include <stdexcept>
#include <thread>

#include "kit/task/blocking_pool.h"
#include "kit/task/deadline.h"
#include "kit/task/parallel.h"
#include "kit/task/runtime.h"
#include "kit/task/signal.h"
#include "kit/task/sleep.h"
#include "kit/task/spawn.h"
#include "kit/task/task_group.h"

namespace vedette {
namespace {

using namespace std::chrono_literals;

Task<int> Constant(int value) { co_return value; }

Task<int> Throw() {
  throw std::runtime_error("broken");
  co_return 0;
}

Task<int> AfterYields(int value, int yields) {
  for (int i = 0; i < yields; ++i) co_await Yield();
  co_return value;
}

// Waits for ever; tells whether it was cancelled.
Task<int> WaitForEver(std::atomic<bool>* started, std::atomic<bool>* cancelled) {
  const Signal never;
  *started = true;
  *cancelled = !co_await never.Wait();
  co_return 0;
}

Task<bool> WaitFor(Signal signal) { co_return co_await signal.Wait(); }

Task<void> CountSet(Signal signal, Signal started, std::atomic<int>* resumed) {
  started.Set();
  if (co_await signal.Wait()) ++*resumed;
}

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

TEST(SignalTest, SetBeforeWaitReturnsAtOnce) {
  Runtime runtime(1);
  const Signal signal;
  signal.Set();
  EXPECT_TRUE(Await<bool>(runtime, [&] { return WaitFor(signal); }));
}

TEST(SignalTest, SetFromAnotherThreadResumes) {
  Runtime runtime(1);
  for (int i = 0; i < 500; ++i) {
    const Signal signal;
    std::thread setter([signal] { signal.Set(); });
    EXPECT_TRUE(Await<bool>(runtime, [&] { return WaitFor(signal); }));
    setter.join();
  }
}

TEST(SignalTest, ASecondWaiterIsADefectAndTheFirstWaitsOn) {
  Runtime runtime(1);
  TaskGroup group{Logger()};
  const Signal signal;
  const Signal started;
  std::atomic<int> resumed = 0;
  group.Spawn(runtime.Next(), "first", [&] { return CountSet(signal, started, &resumed); });
  EXPECT_TRUE(Await<bool>(runtime, [&] { return WaitFor(started); }));
  EXPECT_THROW(Await<bool>(runtime, [&] { return WaitFor(signal); }), std::logic_error);
  signal.Set();
  runtime.RunBlocking([&] { return group.Join(); });
  EXPECT_EQ(resumed, 1);
}

Task<bool> WaitUntil(Signal signal, std::chrono::steady_clock::time_point time) {
  co_return co_await signal.WaitUntil(time);
}

TEST(SignalTest, WaitUntilGivesUpAtTheDeadline) {
  Runtime runtime(1);
  const Signal signal;
  EXPECT_FALSE(Await<bool>(
      runtime, [&] { return WaitUntil(signal, std::chrono::steady_clock::now() + 1ms); }));
  signal.Set();
  EXPECT_TRUE(Await<bool>(
      runtime, [&] { return WaitUntil(signal, std::chrono::steady_clock::now() - 1s); }));
}

Task<std::tuple<int, int>> Two(Task<int> a, Task<int> b) {
  co_return co_await WhenAll(std::move(a), std::move(b));
}

TEST(WhenAllTest, GivesTheValuesInOrder) {
  Runtime runtime(1);
  const auto [first, second] = Await<std::tuple<int, int>>(
      runtime, [] { return Two(AfterYields(1, 5), AfterYields(2, 1)); });
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
}

TEST(WhenAllTest, AFailureCancelsTheOthers) {
  Runtime runtime(1);
  std::atomic<bool> started = false;
  std::atomic<bool> cancelled = false;
  EXPECT_THROW((Await<std::tuple<int, int>>(
                   runtime, [&] { return Two(Throw(), WaitForEver(&started, &cancelled)); })),
               std::runtime_error);
  EXPECT_TRUE(started);
  EXPECT_TRUE(cancelled);
}

TEST(WhenAllTest, ALaterFailureIsNoticedWhileAnEarlierTaskWaits) {
  Runtime runtime(1);
  std::atomic<bool> started = false;
  std::atomic<bool> cancelled = false;
  EXPECT_THROW((Await<std::tuple<int, int>>(
                   runtime, [&] { return Two(WaitForEver(&started, &cancelled), Throw()); })),
               std::runtime_error);
  EXPECT_TRUE(cancelled);
}

// Ends when released, cancelled or not.
Task<std::string> Stubborn(Signal started, Signal release, std::atomic<int>* ended) {
  co_await asio::this_coro::throw_if_cancelled(false);
  started.Set();
  while (!co_await release.Wait()) {
  }
  ++*ended;
  co_return std::string(100, 'x');
}

struct CountOnExit {
  ~CountOnExit() { *seen = ended->load(); }
  std::atomic<int>* ended;
  std::atomic<int>* seen;
};

Task<void> StubbornPair(Signal started,
                        std::vector<Signal> releases,
                        std::atomic<int>* ended,
                        std::atomic<int>* ended_at_exit) {
  const CountOnExit count{ended, ended_at_exit};
  co_await WhenAll(Stubborn(Signal(), releases[0], ended), Stubborn(started, releases[1], ended));
}

TEST(WhenAllTest, ACancelledCallerWaitsForItsTasks) {
  Runtime runtime(1);
  TaskGroup group{Logger()};
  const Signal started;
  const std::vector<Signal> releases(2);
  std::atomic<int> ended = 0;
  std::atomic<int> ended_at_exit = -1;
  group.Spawn(runtime.Next(), "pair",
              [&] { return StubbornPair(started, releases, &ended, &ended_at_exit); });
  EXPECT_TRUE(Await<bool>(runtime, [&] { return WaitFor(started); }));
  group.Cancel();
  for (int turn = 0; turn < 10; ++turn) runtime.RunBlocking([] { return Yield(); });
  EXPECT_EQ(ended_at_exit, -1);
  for (const Signal& release : releases) release.Set();
  runtime.RunBlocking([&] { return group.Join(); });
  EXPECT_EQ(ended_at_exit, 2);
}

Task<std::vector<int>> Many(int count) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < count; ++i) tasks.push_back(AfterYields(i, count - i));
  co_return co_await WhenAll(std::move(tasks));
}

TEST(WhenAllTest, TakesAnyNumberOfTasks) {
  Runtime runtime(1);
  EXPECT_EQ(Await<std::vector<int>>(runtime, [] { return Many(4); }),
            (std::vector<int>{0, 1, 2, 3}));
  EXPECT_TRUE(Await<std::vector<int>>(runtime, [] { return Many(0); }).empty());
}

Task<void> Increment(std::atomic<int>* count) {
  co_await Yield();
  ++*count;
}

Task<void> Discard(Task<int> task) { co_await std::move(task); }

TEST(TaskGroupTest, JoinWaitsForEveryTask) {
  Runtime runtime(2);
  TaskGroup group{Logger()};
  std::atomic<int> count = 0;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(group.Spawn(runtime.Next(), "increment", [&] { return Increment(&count); }));
  }
  runtime.RunBlocking([&] { return group.Join(); });
  EXPECT_EQ(count, 100);
  EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroupTest, RefusesOnceClosed) {
  Runtime runtime(1);
  TaskGroup group{Logger()};
  group.Close();
  std::atomic<int> count = 0;
  EXPECT_FALSE(group.Spawn(runtime.Next(), "late", [&] { return Increment(&count); }));
  EXPECT_EQ(count, 0);
}

TEST(TaskGroupTest, CancelEndsWaitingTasks) {
  Runtime runtime(1);
  TaskGroup group{Logger()};
  std::atomic<bool> started = false;
  std::atomic<bool> cancelled = false;
  group.Spawn(runtime.Next(), "waits", [&] { return Discard(WaitForEver(&started, &cancelled)); });
  runtime.RunBlocking([] { return Yield(); });
  group.Cancel();
  runtime.RunBlocking([&] { return group.Join(); });
  EXPECT_TRUE(cancelled);
}

// A task that waits for ever and is cancelled while its start is under way: when its function is
// moved for the `moves_left`-th time.
struct LateTask {
  std::atomic<int> moves_left = 0;
  Canceller canceller;
  Signal never;
  Signal ended;
  std::atomic<int> resumed = 0;
};

struct CancelsWhenMoved {
  explicit CancelsWhenMoved(LateTask* the_task) : task(the_task) {}
  CancelsWhenMoved(CancelsWhenMoved&& other) noexcept : task(other.task) {
    if (--task->moves_left == 0) task->canceller.Cancel();
  }
  Task<void> operator()() { return CountSet(task->never, Signal(), &task->resumed); }
  LateTask* task;
};

TEST(CancellerTest, CancelIsNotLostWhileTheTaskStarts) {
  Runtime runtime(1);
  for (int moves = 1; moves < 10; ++moves) {
    LateTask task;
    task.moves_left = moves;
    Spawn(
        runtime.Next(), CancelsWhenMoved(&task),
        [ended = task.ended](std::exception_ptr) { ended.Set(); }, task.canceller);
    if (task.moves_left > 0) task.canceller.Cancel();
    EXPECT_TRUE(Await<bool>(
        runtime, [&] { return WaitUntil(task.ended, std::chrono::steady_clock::now() + 10s); }))
        << "cancelled at move " << moves;
    EXPECT_EQ(task.resumed, 0);
  }
}

TEST(CancellerTest, CancelAfterTheEndNeedsNoRuntime) {
  Canceller canceller;
  std::atomic<int> count = 0;
  {
    Runtime runtime(1);
    const Signal ended;
    Spawn(
        runtime.Next(), [&] { return Increment(&count); },
        [ended](std::exception_ptr) { ended.Set(); }, canceller);
    EXPECT_TRUE(Await<bool>(runtime, [&] { return WaitFor(ended); }));
  }
  canceller.Cancel();
  EXPECT_EQ(count, 1);
}

Task<void> HoldOut(Signal release, std::atomic<int>* ended) {
  co_await Stubborn(Signal(), std::move(release), ended);
}

Task<void> JoinAndCount(TaskGroup* group, Signal started, std::atomic<int>* joined) {
  started.Set();
  co_await group->Join();
  ++*joined;
}

TEST(TaskGroupTest, ACancelledJoinCancelsTheTasksAndStillWaits) {
  Runtime runtime(1);
  TaskGroup inner{Logger()};
  TaskGroup outer{Logger()};
  const Signal joining;
  const Signal release;
  std::atomic<int> ended = 0;
  std::atomic<int> joined = 0;
  std::atomic<bool> started = false;
  std::atomic<bool> cancelled = false;
  inner.Spawn(runtime.Next(), "stubborn", [&] { return HoldOut(release, &ended); });
  inner.Spawn(runtime.Next(), "waits", [&] { return Discard(WaitForEver(&started, &cancelled)); });
  outer.Spawn(runtime.Next(), "join", [&] { return JoinAndCount(&inner, joining, &joined); });
  EXPECT_TRUE(Await<bool>(runtime, [&] { return WaitFor(joining); }));
  outer.Cancel();
  for (int turn = 0; turn < 10; ++turn) runtime.RunBlocking([] { return Yield(); });
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(joined, 0);
  release.Set();
  runtime.RunBlocking([&] { return outer.Join(); });
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(joined, 1);
  EXPECT_EQ(inner.size(), 0U);
}

TEST(TaskGroupTest, AnExceptionEndsItsTaskAlone) {
  Runtime runtime(1);
  TaskGroup group{Logger()};
  std::atomic<int> count = 0;
  group.Spawn(runtime.Next(), "throws", [] { return Discard(Throw()); });
  group.Spawn(runtime.Next(), "increment", [&] { return Increment(&count); });
  runtime.RunBlocking([&] { return group.Join(); });
  EXPECT_EQ(count, 1);
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
