// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "kit/task/signal.h"
#include "kit/task/sleep.h"
#include "kit/task/spawn.h"

namespace vedette {
namespace task_internal {

template <class T>
struct Slot {
  std::optional<T> value;
  std::exception_ptr error;
  Signal done;
  Canceller canceller;
};

template <class T>
Task<void> Fill(Task<T> task, std::shared_ptr<Slot<T>> slot) {
  slot->value.emplace(co_await std::move(task));
}

template <class T>
std::shared_ptr<Slot<T>> Start(Executor executor, Task<T> task) {
  auto slot = std::make_shared<Slot<T>>();
  Spawn(
      executor,
      [task = std::move(task), slot]() mutable {
        return Fill<T>(std::move(task), std::move(slot));
      },
      [slot](std::exception_ptr error) {
        slot->error = error;
        slot->done.Set();
      },
      slot->canceller);
  return slot;
}

// Cancels what still runs when the waiting task is cancelled or one of its siblings threw.
template <class T>
struct CancelOnExit {
  explicit CancelOnExit(std::shared_ptr<Slot<T>> started) : slot(std::move(started)) {}
  CancelOnExit(CancelOnExit&&) = default;
  CancelOnExit& operator=(CancelOnExit&&) = delete;
  ~CancelOnExit() {
    if (slot) slot->canceller.Cancel();
  }
  std::shared_ptr<Slot<T>> slot;
};

template <class T>
Task<T> Take(std::shared_ptr<Slot<T>> slot) {
  co_await slot->done.Wait();
  if (slot->error) std::rethrow_exception(slot->error);
  co_return std::move(*slot->value);
}

// Braces evaluate left to right.
template <class... T, std::size_t... I>
Task<std::tuple<T...>> TakeAll(std::tuple<CancelOnExit<T>...>* running, std::index_sequence<I...>) {
  co_return std::tuple<T...>{co_await Take<T>(std::get<I>(*running).slot)...};
}

}  // namespace task_internal

// Runs the tasks concurrently on the caller's executor; the values in order, or the first exception
// in order, the others then being cancelled.
template <class... T>
Task<std::tuple<T...>> WhenAll(Task<T>... tasks) {
  const Executor executor = co_await CurrentExecutor();
  std::tuple<task_internal::CancelOnExit<T>...> running{
      task_internal::CancelOnExit<T>{task_internal::Start<T>(executor, std::move(tasks))}...};
  co_return co_await task_internal::TakeAll<T...>(&running, std::index_sequence_for<T...>());
}

// The same for any number of tasks of one type.
template <class T>
Task<std::vector<T>> WhenAll(std::vector<Task<T>> tasks) {
  const Executor executor = co_await CurrentExecutor();
  std::vector<task_internal::CancelOnExit<T>> guards;
  guards.reserve(tasks.size());
  for (Task<T>& task : tasks)
    guards.emplace_back(task_internal::Start<T>(executor, std::move(task)));
  std::vector<T> values;
  values.reserve(guards.size());
  for (auto& guard : guards) values.push_back(co_await task_internal::Take<T>(guard.slot));
  co_return values;
}

}  // namespace vedette
