// SPDX-License-Identifier: Apache-2.0
#include "kit/task/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "kit/task/runtime.h"
#include "kit/task/task_group.h"
#include "kit/task/task_test_support.h"

namespace vedette {
namespace {

Task<int> AfterYields(int value, int yields) {
  for (int i = 0; i < yields; ++i) co_await Yield();
  co_return value;
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

}  // namespace
}  // namespace vedette
