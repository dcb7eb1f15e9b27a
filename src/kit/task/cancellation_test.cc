// SPDX-License-Identifier: Apache-2.0
#include "kit/task/cancellation.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "kit/task/runtime.h"
#include "kit/task/task_group.h"
#include "kit/task/task_test_support.h"

namespace vedette {
namespace {

Task<void> WaitUntilCancelled(std::atomic<int>* cancelled) {
  const Signal never;
  if (!co_await never.Wait()) ++*cancelled;
  co_await Yield();  // throws: cancelled
}

Task<void> Break() {
  throw std::runtime_error("broken");
  co_return;
}

Task<void> EndAtOnce() { co_return; }

TEST(RunUntilTest, CancelsWhatTakesTooLongAndRethrowsWhatBroke) {
  Runtime runtime(1);
  std::atomic<int> cancelled = 0;
  const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
  const auto later = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  EXPECT_FALSE(Await<bool>(
      runtime, [&] { return RunUntil(soon, [&] { return WaitUntilCancelled(&cancelled); }); }));
  EXPECT_EQ(cancelled, 1);
  EXPECT_TRUE(Await<bool>(runtime, [&] { return RunUntil(later, [] { return EndAtOnce(); }); }));
  EXPECT_THROW(Await<bool>(runtime, [&] { return RunUntil(later, [] { return Break(); }); }),
               std::runtime_error);
}

Task<void> Bound(std::atomic<int>* cancelled, Signal started) {
  started.Set();
  (void)co_await RunUntil(std::chrono::steady_clock::now() + std::chrono::hours(1),
                          [cancelled] { return WaitUntilCancelled(cancelled); });
}

TEST(RunUntilTest, ACancelledCallerCancelsIt) {
  Runtime runtime(1);
  TaskGroup group{Logger()};
  const Signal started;
  std::atomic<int> cancelled = 0;
  group.Spawn(runtime.Next(), "bound", [&] { return Bound(&cancelled, started); });
  EXPECT_TRUE(Await<bool>(runtime, [&] { return WaitFor(started); }));
  for (int turn = 0; turn < 10; ++turn) runtime.RunBlocking([] { return Yield(); });
  group.Cancel();
  runtime.RunBlocking([&] { return group.Join(); });
  EXPECT_EQ(cancelled, 1);
}

}  // namespace
}  // namespace vedette
