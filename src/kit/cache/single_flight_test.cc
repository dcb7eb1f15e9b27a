// SPDX-License-Identifier: Apache-2.0
#include "kit/cache/single_flight.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>

#include "kit/task/parallel.h"
#include "kit/task/runtime.h"
#include "kit/task/spawn.h"

namespace vedette::cache {
namespace {

using namespace std::chrono_literals;
using Flight = SingleFlight<int>;

class SingleFlightTest : public ::testing::Test {
 protected:
  ~SingleFlightTest() override {
    runtime_.RunBlocking([&] { return flight_.Close(); });
  }

  // Counts itself, waits for the gate, answers.
  Flight::Fetch Gated(Result<int> answer) {
    return [this, answer](Deadline) { return RunGated(this, answer); };
  }
  static Task<Result<int>> RunGated(SingleFlightTest* self, Result<int> answer) {
    ++self->fetches_;
    self->begun_.Set();
    if (!co_await self->gate_.Wait()) {
      ++self->cancelled_;
      co_await Yield();  // throws
    }
    co_return answer;
  }
  static Task<void> Keep(Flight* flight,
                         std::string key,
                         Deadline deadline,
                         Flight::Fetch fetch,
                         Flight::Outcome* outcome,
                         std::atomic<int>* asked) {
    ++*asked;
    *outcome = co_await flight->Do(std::move(key), deadline, std::move(fetch));
  }
  // Starts a caller on a thread of the runtime.
  struct Caller {
    Flight::Outcome outcome{Fail(Code::kInternal, "unanswered")};
    Canceller canceller;
    std::latch ended{1};
  };
  void Start(Caller& caller, std::string key, Flight::Fetch fetch, Deadline deadline = {}) {
    Spawn(
        runtime_.Next(),
        [this, &caller, key, deadline, fetch = std::move(fetch)]() mutable {
          return Keep(&flight_, key, deadline, std::move(fetch), &caller.outcome, &asked_);
        },
        [&caller](std::exception_ptr) { caller.ended.count_down(); }, caller.canceller);
  }
  // Every task that is queued on the runtime has had its turn.
  void Settle() {
    for (std::size_t i = 0; i < runtime_.size(); ++i) {
      std::latch turn(1);
      Post(runtime_.At(i), [&] { turn.count_down(); });
      turn.wait();
    }
  }
  void AwaitAsked(int count) {
    while (asked_ < count) std::this_thread::yield();
    Settle();
  }
  void AwaitBegun() {
    runtime_.RunBlocking([this] { return Wait(begun_); });
  }
  static Task<void> Wait(Signal signal) { co_await signal.Wait(); }

  Runtime runtime_{3};
  Flight flight_{"test", 5s, Logger()};
  std::atomic<int> fetches_ = 0;
  std::atomic<int> cancelled_ = 0;
  std::atomic<int> asked_ = 0;
  Signal begun_;
  Signal gate_;
};

TEST_F(SingleFlightTest, TenCallersOnSeveralThreadsShareOneFetchAndOneIsFresh) {
  std::array<Caller, 10> callers;
  for (Caller& caller : callers) Start(caller, "a", Gated(7));
  AwaitAsked(10);
  gate_.Set();
  int fresh = 0;
  for (Caller& caller : callers) {
    caller.ended.wait();
    EXPECT_EQ(caller.outcome.result, 7);
    fresh += caller.outcome.fresh ? 1 : 0;
  }
  EXPECT_EQ(fetches_, 1);
  EXPECT_EQ(fresh, 1);
}

TEST_F(SingleFlightTest, DistinctKeysDoNotWaitForEachOther) {
  std::array<Caller, 5> callers;
  gate_.Set();
  for (std::size_t i = 0; i < callers.size(); ++i) {
    Start(callers[i], "key" + std::to_string(i), [this, i](Deadline) -> Task<Result<int>> {
      ++fetches_;
      return [](int answer) -> Task<Result<int>> { co_return answer; }(static_cast<int>(i));
    });
  }
  for (std::size_t i = 0; i < callers.size(); ++i) {
    callers[i].ended.wait();
    EXPECT_EQ(callers[i].outcome.result, static_cast<int>(i));
  }
  EXPECT_EQ(fetches_, 5);
}

TEST_F(SingleFlightTest, AnErrorIsEverybodysAndIsForgotten) {
  std::array<Caller, 3> callers;
  for (Caller& caller : callers) Start(caller, "a", Gated(Fail(Code::kUnavailable, "down")));
  AwaitAsked(3);
  gate_.Set();
  for (Caller& caller : callers) {
    caller.ended.wait();
    EXPECT_EQ(caller.outcome.result.error().message, "down");
  }
  Caller again;
  Start(again, "a", Gated(8));
  again.ended.wait();
  EXPECT_EQ(again.outcome.result, 8);
  EXPECT_EQ(fetches_, 2);
}

TEST_F(SingleFlightTest, ALeaderThatIsCancelledHarmsNobodyElse) {
  Caller leader;
  Caller other;
  Start(leader, "a", Gated(7));
  AwaitBegun();
  Start(other, "a", Gated(9));
  AwaitAsked(2);
  leader.canceller.Cancel();
  leader.ended.wait();
  gate_.Set();
  other.ended.wait();
  EXPECT_EQ(other.outcome.result, 7);
  EXPECT_FALSE(other.outcome.fresh);
  EXPECT_EQ(cancelled_, 0);
}

TEST_F(SingleFlightTest, ALeaderWhoseDeadlinePassesHarmsNobodyElse) {
  Caller leader;
  Caller other;
  Start(leader, "a", Gated(7), Deadline{SystemClock().SteadyNow() + 1ms});
  Start(other, "a", Gated(7));
  leader.ended.wait();
  EXPECT_EQ(leader.outcome.result.error().code, Code::kDeadlineExceeded);
  AwaitAsked(2);
  gate_.Set();
  other.ended.wait();
  EXPECT_EQ(other.outcome.result, 7);
}

TEST_F(SingleFlightTest, AFetchThatNobodyWaitsForIsCancelled) {
  Caller only;
  Start(only, "a", Gated(7));
  AwaitBegun();
  only.canceller.Cancel();
  only.ended.wait();
  while (cancelled_ == 0) std::this_thread::yield();
  // Who comes now does not join what is ending.
  gate_.Set();
  Caller next;
  Start(next, "a", Gated(8));
  next.ended.wait();
  EXPECT_EQ(next.outcome.result, 8);
}

TEST_F(SingleFlightTest, WhatTheFetchThrowsIsThrownToEverybody) {
  const auto call = [&] {
    return Await<Flight::Outcome>(runtime_, [&] {
      return flight_.Do("a", {}, [](Deadline) -> Task<Result<int>> {
        throw std::runtime_error("broken");
        co_return 0;
      });
    });
  };
  EXPECT_THROW(call(), std::runtime_error);
}

TEST_F(SingleFlightTest, TheFetchHasItsOwnDeadlineAndTheCallersTrace) {
  TraceContext trace;
  trace.trace_id.fill(1);
  Deadline seen;
  const SteadyTime before = SystemClock().SteadyNow();
  gate_.Set();
  Await<Flight::Outcome>(runtime_, [&] {
    return flight_.Do("a", Deadline{before + 1h, trace}, [&](Deadline own) {
      seen = own;
      return RunGated(this, 1);
    });
  });
  EXPECT_GE(seen.time, before + 5s);
  EXPECT_LT(seen.time, before + 1h);
  EXPECT_EQ(seen.trace.trace_id, trace.trace_id);
}

TEST_F(SingleFlightTest, ClosingAnswersThoseWhoWait) {
  Caller caller;
  Start(caller, "a", Gated(7));
  AwaitBegun();
  runtime_.RunBlocking([&] { return flight_.Close(); });
  caller.ended.wait();
  EXPECT_EQ(caller.outcome.result.error().code, Code::kUnavailable);
  Caller late;
  Start(late, "a", Gated(7));
  late.ended.wait();
  EXPECT_EQ(late.outcome.result.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace vedette::cache
