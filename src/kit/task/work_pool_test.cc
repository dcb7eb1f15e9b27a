// SPDX-License-Identifier: Apache-2.0
#include "kit/task/work_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "kit/task/signal.h"
#include "kit/task/sleep.h"

namespace vedette {
namespace {

using namespace std::chrono_literals;

struct Seen {
  std::atomic<int> begun = 0;
  std::atomic<int> ended = 0;
  std::atomic<int> cancelled = 0;
};

Task<void> Hold(Seen* seen, Signal release) {
  ++seen->begun;
  const bool released = co_await release.Wait();
  ++(released ? seen->ended : seen->cancelled);
  if (!released) co_await Yield();  // throws: cancelled
}

Task<void> Throw() {
  throw std::runtime_error("broken");
  co_return;
}

class WorkPoolTest : public testing::Test {
 protected:
  ~WorkPoolTest() override { Drain(0ms); }
  void Drain(std::chrono::milliseconds grace) {
    runtime_.RunBlocking([&] { return pool_.Drain(grace); });
  }
  Status Submit(Signal release) {
    return pool_.Submit([this, release] { return Hold(&seen_, release); });
  }
  void Settle() {
    for (int turn = 0; turn < 20; ++turn) runtime_.RunBlocking([] { return Yield(); });
  }
  bool Exposes(const std::string& line) const {
    return metrics_.Expose().find(line) != std::string::npos;
  }

  MetricsRegistry metrics_;
  Runtime runtime_{1};
  Seen seen_;
  WorkPool pool_{"messages",
                 {.workers = 2, .queue_limit = 1, .retry_after = 700ms},
                 runtime_,
                 Logger(),
                 metrics_};
};

TEST_F(WorkPoolTest, RefusesWithRetryAfterWhenFull) {
  const std::vector<Signal> releases(4);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Submit(releases[i]));
  Settle();
  EXPECT_EQ(seen_.begun, 2);
  const Status refused = Submit(Signal());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_EQ(refused.error().retry_after, 700ms);

  const WorkPool::State state = pool_.Snapshot();
  EXPECT_EQ(state.running, 2);
  EXPECT_EQ(state.waiting, 1);
  EXPECT_EQ(state.refused, 1U);

  releases[0].Set();
  Settle();
  EXPECT_EQ(seen_.begun, 3);  // what waited has the place
  EXPECT_TRUE(Submit(releases[3]));
  for (const Signal& release : releases) release.Set();
  Drain(10s);
  EXPECT_EQ(seen_.ended, 4);
  EXPECT_TRUE(Exposes(R"(vedette_work_pool_tasks_total{outcome="refused",pool="messages"} 1)"));
}

TEST_F(WorkPoolTest, AnExceptionEndsItsTaskAloneAndIsCounted) {
  ASSERT_TRUE(pool_.Submit([] { return Throw(); }));
  const Signal release;
  release.Set();
  ASSERT_TRUE(Submit(release));
  Drain(10s);
  EXPECT_EQ(seen_.ended, 1);
  EXPECT_EQ(pool_.Snapshot().failed, 1U);
  EXPECT_TRUE(Exposes(R"(vedette_work_pool_tasks_total{outcome="failed",pool="messages"} 1)"));
  EXPECT_TRUE(Exposes(R"(vedette_work_pool_tasks_total{outcome="done",pool="messages"} 1)"));
}

TEST_F(WorkPoolTest, DrainRunsWhatWaits) {
  const Signal release;
  release.Set();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Submit(release));
  Drain(10s);
  EXPECT_EQ(seen_.ended, 3);
  const Status refused = Submit(release);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
}

TEST_F(WorkPoolTest, DrainIsBoundedItCancelsWhatRunsAndDropsWhatWaits) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Submit(Signal()));
  Settle();
  Drain(1ms);
  EXPECT_EQ(seen_.begun, 2);
  EXPECT_EQ(seen_.cancelled, 2);
  EXPECT_EQ(pool_.Snapshot().waiting, 0);
  EXPECT_TRUE(Exposes(R"(vedette_work_pool_tasks_total{outcome="cancelled",pool="messages"} 3)"));
}

}  // namespace
}  // namespace vedette
