// SPDX-License-Identifier: Apache-2.0
#include "kit/task/signal.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "kit/task/runtime.h"
#include "kit/task/task_group.h"
#include "kit/task/task_test_support.h"

namespace vedette {
namespace {

using namespace std::chrono_literals;

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

TEST(SignalTest, WaitUntilGivesUpAtTheDeadline) {
  Runtime runtime(1);
  const Signal signal;
  EXPECT_FALSE(Await<bool>(
      runtime, [&] { return WaitUntil(signal, std::chrono::steady_clock::now() + 1ms); }));
  signal.Set();
  EXPECT_TRUE(Await<bool>(
      runtime, [&] { return WaitUntil(signal, std::chrono::steady_clock::now() - 1s); }));
}

Task<void> SleepAndCount(std::atomic<int>* woken) {
  co_await SleepFor(std::chrono::nanoseconds::max());
  ++*woken;
}

TEST(SleepTest, LongerThanTheClockKnowsIsForEver) {
  Runtime runtime(1);
  TaskGroup group{Logger()};
  std::atomic<int> woken = 0;
  group.Spawn(runtime.Next(), "sleeps", [&] { return SleepAndCount(&woken); });
  for (int turn = 0; turn < 10; ++turn) runtime.RunBlocking([] { return Yield(); });
  group.Cancel();
  runtime.RunBlocking([&] { return group.Join(); });
  EXPECT_EQ(woken, 0);
}

}  // namespace
}  // namespace vedette
