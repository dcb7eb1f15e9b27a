// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <functional>
#include <memory>

#include "kit/task/task.h"

namespace vedette {

// Starts `work` on `executor`. `done` runs there when it has ended, with its exception if it threw.
// Type-erased, so that only spawn.cc pays for the template. Prefer TaskGroup::Spawn, which owns.
void Spawn(Executor executor,
           std::move_only_function<Task<void>()> work,
           std::move_only_function<void(std::exception_ptr)> done);

// Cancels one spawned task. Thread-safe; harmless after the task has ended.
class Canceller {
 public:
  Canceller();
  void Cancel();

 private:
  struct State;
  friend void Spawn(Executor,
                    std::move_only_function<Task<void>()>,
                    std::move_only_function<void(std::exception_ptr)>,
                    Canceller&);
  std::shared_ptr<State> state_;
};

void Spawn(Executor executor,
           std::move_only_function<Task<void>()> work,
           std::move_only_function<void(std::exception_ptr)> done,
           Canceller& canceller);

// Runs a plain function on `executor`, soon, never inline.
void Post(Executor executor, std::move_only_function<void()> work);

}  // namespace vedette
