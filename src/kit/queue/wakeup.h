// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

#include "kit/task/signal.h"
#include "kit/task/task.h"

namespace vedette::queue {

// Wakes a loop that otherwise polls. What comes while the loop works is kept, so nothing is missed.
// Copies share it. One coroutine waits; anybody may notify, from any thread.
class Wakeup {
 public:
  Wakeup() : state_(std::make_shared<State>()) {}

  void Notify() const {
    const std::lock_guard lock(state_->mutex);
    state_->signal.Set();
  }

  // Until notified, until `time`, or until the task is cancelled.
  Task<void> WaitUntil(std::chrono::steady_clock::time_point time) const {
    const std::shared_ptr<State> state = state_;
    Signal signal;
    {
      const std::lock_guard lock(state->mutex);
      signal = state->signal;
    }
    if (!co_await signal.WaitUntil(time)) co_return;
    const std::lock_guard lock(state->mutex);
    state->signal = Signal();
  }

 private:
  struct State {
    std::mutex mutex;
    Signal signal;
  };
  std::shared_ptr<State> state_;
};

}  // namespace vedette::queue
