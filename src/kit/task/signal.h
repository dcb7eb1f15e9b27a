// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "kit/task/task.h"

namespace vedette {

// A one-shot event: the bridge from other threads and from callbacks into a coroutine. Copies share
// the event. Set() may come from any thread, before or after Wait(). One coroutine waits: a
// second one at the same time gets std::logic_error.
class Signal {
 public:
  Signal();
  void Set() const;
  bool IsSet() const;

  // True once set; false if the waiting task was cancelled first. Resumes on the caller's executor.
  Task<bool> Wait() const;

  // As Wait, but gives up at `deadline`: false then too.
  Task<bool> WaitUntil(std::chrono::steady_clock::time_point deadline) const;

  // Waits until set even when the task is cancelled; calls `on_cancel` then.
  Task<void> WaitRegardless(std::move_only_function<void()> on_cancel) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace vedette
