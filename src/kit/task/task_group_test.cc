// SPDX-License-Identifier: Apache-2.0
#include "kit/task/task_group.h"

#include <gtest/gtest.h>

#include <atomic>

#include "kit/task/runtime.h"
#include "kit/task/spawn.h"
#include "kit/task/task_test_support.h"

namespace vedette {
namespace {

using namespace std::chrono_literals;

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

}  // namespace
}  // namespace vedette
