// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "kit/task/task.h"

namespace vedette {

// The threads that coroutines run on: one io_context per thread, so that what runs on one executor
// never runs in parallel with itself. Threads run from construction until Stop.
class Runtime {
 public:
  explicit Runtime(std::size_t threads);
  ~Runtime();  // stops
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  std::size_t size() const;
  // The executor of thread `index` modulo size().
  Executor At(std::size_t index) const;
  // Round robin.
  Executor Next() const;

  // Abandons what still waits and joins the threads. Join the TaskGroups first.
  void Stop();

  // Runs `work` on a thread of the runtime and blocks the calling thread (not one of the runtime)
  // until it ends; rethrows what it threw. For main() and tests.
  void RunBlocking(std::move_only_function<Task<void>()> work);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The value of a task, from outside the runtime: Await(runtime, [&] { return logic.Get(…); }).
template <class T>
T Await(Runtime& runtime, std::move_only_function<Task<T>()> work);

}  // namespace vedette

#include "kit/task/await_inl.h"
