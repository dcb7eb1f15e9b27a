// SPDX-License-Identifier: Apache-2.0
#include "kit/task/turn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kit/task/runtime.h"
#include "kit/task/signal.h"
#include "kit/task/sleep.h"
#include "kit/task/spawn.h"
#include "kit/task/task_group.h"

namespace vedette {
namespace {

using ::testing::ElementsAre;

// What happened on one thread, in order.
class TurnTest : public testing::Test {
 protected:
  Task<void> Work(std::string name) {
    co_await TakeTurn();
    log_.push_back(name);
  }
  // Posts itself again and again, as what has begun does.
  Task<void> GoOn(std::string name, int steps) {
    for (int step = 0; step < steps; ++step) {
      log_.push_back(name);
      co_await Yield();
    }
  }
  void Join() {
    runtime_.RunBlocking([&] { return group_.Join(); });
  }

  Runtime runtime_{1};
  TaskGroup group_{Logger()};
  std::vector<std::string> log_;
};

TEST_F(TurnTest, InTheOrderOfComing) {
  for (const char* name : {"1", "2", "3", "4"}) {
    group_.Spawn(runtime_.At(0), "work", [this, name] { return Work(name); });
  }
  Join();
  EXPECT_THAT(log_, ElementsAre("1", "2", "3", "4"));
}

TEST_F(TurnTest, WhatHasBegunGoesOnBetweenTheTurns) {
  runtime_.RunBlocking([this]() -> Task<void> {
    const Executor executor = co_await CurrentExecutor();
    for (const char* name : {"1", "2", "3"}) {
      group_.Spawn(executor, "work", [this, name] { return Work(name); });
    }
    group_.Spawn(executor, "step", [this] { return GoOn("step", 8); });
  });
  Join();
  // One a turn: a step before each of them.
  std::string order;
  for (const std::string& entry : log_) order += entry == "step" ? "s" : entry;
  EXPECT_GT(order.find('2'), order.find("1s"));
  EXPECT_GT(order.find('3'), order.find("2s"));
  EXPECT_NE(order.find("1s"), std::string::npos);
  EXPECT_NE(order.find("2s"), std::string::npos);
}

TEST_F(TurnTest, WhoIsCancelledGivesItsTurnAway) {
  Canceller canceller;
  const Signal ended;
  bool worked = false;
  runtime_.RunBlocking([&]() -> Task<void> {
    const Executor executor = co_await CurrentExecutor();
    for (const char* name : {"1", "2"}) {
      group_.Spawn(executor, "work", [this, name] { return Work(name); });
    }
    Spawn(
        executor,
        [&worked]() -> Task<void> {
          co_await TakeTurn();
          worked = true;
        },
        [&ended](std::exception_ptr) { ended.Set(); }, canceller);
    group_.Spawn(executor, "work", [this] { return Work("3"); });
    co_await Yield();
    canceller.Cancel();
    co_await ended.Wait();
  });
  Join();
  EXPECT_FALSE(worked);
  EXPECT_THAT(log_, ElementsAre("1", "2", "3"));
}

TEST_F(TurnTest, ManyWhoAreCancelledTogetherDoNothing) {
  runtime_.RunBlocking([this]() -> Task<void> {
    const Executor executor = co_await CurrentExecutor();
    for (int i = 0; i < 1000; ++i) {
      group_.Spawn(executor, "work", [this] { return Work("x"); });
    }
    for (int turn = 0; turn < 5; ++turn) co_await Yield();
    group_.Cancel();
  });
  Join();
  EXPECT_FALSE(log_.empty());
  EXPECT_LT(log_.size(), 20U);  // those of the turns before
}

}  // namespace
}  // namespace vedette
