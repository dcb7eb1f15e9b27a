// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "kit/task/task.h"

namespace vedette {

class Canceller;

// Owns spawned tasks: nothing runs detached. Thread-safe. An exception that escapes a task is
// logged with the task's name and ends that task alone. Must be empty (joined) when destroyed.
class TaskGroup {
 public:
  explicit TaskGroup(Logger logger);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // False, and nothing started, once the group is closed.
  bool Spawn(Executor executor, std::string name, std::move_only_function<Task<void>()> work);
  // The same for a task that `canceller` can stop alone.
  bool Spawn(Executor executor,
             std::string name,
             std::move_only_function<Task<void>()> work,
             const Canceller& canceller);

  // Refuses new tasks.
  void Close();
  // Close, and ask every running task to stop.
  void Cancel();
  // Close, and wait until the last task has ended; if the caller is cancelled meanwhile, Cancel
  // and wait on. At most one waiter.
  Task<void> Join();

  std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace vedette
