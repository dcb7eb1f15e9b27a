// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "kit/task/task.h"

namespace vedette {

// Both end early, by operation_aborted, when the task is cancelled.
Task<void> SleepUntil(std::chrono::steady_clock::time_point time);
Task<void> SleepFor(std::chrono::nanoseconds duration);

// Goes to the back of the executor's queue, so that others get their turn.
Task<void> Yield();

// The executor this coroutine runs on.
Task<Executor> CurrentExecutor();

// Waits are injected where a test must not wait for real time.
class Sleeper {
 public:
  virtual ~Sleeper() = default;
  virtual Task<void> Sleep(std::chrono::nanoseconds duration) = 0;
};

class RealSleeper final : public Sleeper {
 public:
  Task<void> Sleep(std::chrono::nanoseconds duration) override;
};

}  // namespace vedette
