// SPDX-License-Identifier: Apache-2.0
#include "kit/task/fan_out.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <stdexcept>

#include "kit/task/runtime.h"
#include "kit/task/task_group.h"
#include "kit/task/task_test_support.h"

namespace vedette {
namespace {

struct Gauge {
  int running = 0;
  int most = 0;
  int begun = 0;
};

struct Counted {
  explicit Counted(Gauge* gauge_to_count) : gauge(gauge_to_count) {
    ++gauge->begun;
    gauge->most = std::max(gauge->most, ++gauge->running);
  }
  ~Counted() { --gauge->running; }
  Gauge* gauge;
};

std::vector<int> Numbers(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

class FanOutTest : public testing::Test {
 protected:
  Result<std::vector<int>> Run(int count,
                               std::size_t width,
                               std::function<Task<Result<int>>(int)> work) {
    return Await<Result<std::vector<int>>>(
        runtime_, [&] { return FanOut<int, int>(Numbers(count), width, work); });
  }

  Runtime runtime_{1};
  Gauge gauge_;
};

Task<Result<int>> Square(Gauge* gauge, int value, int count) {
  const Counted counted(gauge);
  for (int i = value; i < count; ++i) co_await Yield();  // the first are the last to end
  co_return value* value;
}

TEST_F(FanOutTest, GivesTheResultsInOrderAndKeepsTheWidth) {
  const auto squares = Run(10, 3, [this](int value) { return Square(&gauge_, value, 10); });
  ASSERT_TRUE(squares);
  EXPECT_EQ(*squares, (std::vector<int>{0, 1, 4, 9, 16, 25, 36, 49, 64, 81}));
  EXPECT_EQ(gauge_.most, 3);
}

TEST_F(FanOutTest, NoInputsAreNoResultsAndAWidthOfNoneIsOne) {
  EXPECT_TRUE(Run(0, 3, [this](int value) { return Square(&gauge_, value, 1); })->empty());
  EXPECT_EQ(Run(4, 0, [this](int value) { return Square(&gauge_, value, 4); })->size(), 4U);
  EXPECT_EQ(gauge_.most, 1);
}

Task<Result<int>> FailAtThree(Gauge* gauge, std::atomic<int>* cancelled, int value) {
  const Counted counted(gauge);
  if (value == 3) co_return Fail(Code::kConflict, "three");
  const Signal never;
  if (!co_await never.Wait()) ++*cancelled;
  co_return value;
}

// Of MapReduce ("others"): an error ends it all, what runs is cancelled, what waits never begins.
TEST_F(FanOutTest, TheFirstErrorCancelsTheRestAndIsAnswered) {
  std::atomic<int> cancelled = 0;
  const auto failed =
      Run(100, 4, [&](int value) { return FailAtThree(&gauge_, &cancelled, value); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "three");
  EXPECT_EQ(cancelled, 3);
  EXPECT_EQ(gauge_.begun, 4);
  EXPECT_EQ(gauge_.running, 0);
}

Task<Result<int>> ThrowAtOne(Gauge* gauge, int value) {
  const Counted counted(gauge);
  co_await Yield();
  if (value == 1) throw std::runtime_error("broken");
  const Signal never;
  co_await never.Wait();
  co_return value;
}

// Of MapReduce ("others"): a panic of any stage surfaces once, in the caller.
TEST_F(FanOutTest, AnExceptionSurfacesOnceAndCancelsTheRest) {
  EXPECT_THROW((void)Run(10, 2, [this](int value) { return ThrowAtOne(&gauge_, value); }),
               std::runtime_error);
  EXPECT_EQ(gauge_.begun, 2);
  EXPECT_EQ(gauge_.running, 0);
}

Task<Status> WaitAndCount(Gauge* gauge, Signal started, int) {
  const Counted counted(gauge);
  started.Set();
  const Signal never;
  co_await never.Wait();
  co_return Status();
}

Task<void> FanOutForEver(Gauge* gauge, Signal started, std::atomic<bool>* ended) {
  struct SetOnExit {
    ~SetOnExit() { *flag = gauge->running == 0; }
    Gauge* gauge;
    std::atomic<bool>* flag;
  } const set{gauge, ended};
  (void)co_await FanOutEach<int>(Numbers(100), 5,
                                 [=](int value) { return WaitAndCount(gauge, started, value); });
}

// Of MapReduce ("others"): cancel drains it, nothing leaks.
TEST_F(FanOutTest, ACancelledCallerCancelsWhatRunsAndWaitsForItsEnd) {
  TaskGroup group{Logger()};
  const Signal started;
  std::atomic<bool> ended_after_all = false;
  group.Spawn(runtime_.Next(), "fan out",
              [&] { return FanOutForEver(&gauge_, started, &ended_after_all); });
  EXPECT_TRUE(Await<bool>(runtime_, [&] { return WaitFor(started); }));
  group.Cancel();
  runtime_.RunBlocking([&] { return group.Join(); });
  EXPECT_TRUE(ended_after_all);
  EXPECT_EQ(gauge_.begun, 5);
}

Task<Status> Fine(Gauge* gauge, int) {
  const Counted counted(gauge);
  co_return Status();
}

TEST_F(FanOutTest, EachRunsForEveryInput) {
  EXPECT_TRUE(Await<Status>(runtime_, [&] {
    return FanOutEach<int>(Numbers(7), 2, [this](int value) { return Fine(&gauge_, value); });
  }));
  EXPECT_EQ(gauge_.begun, 7);
}

}  // namespace
}  // namespace vedette
