// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "kit/task/sleep.h"
#include "kit/task/task.h"

namespace vedette {
namespace task_internal {

// The tasks of one WhenAll. Used on one executor only.
class Siblings {
 public:
  explicit Siblings(Executor executor);

  void Start(std::move_only_function<Task<void>()> work);

  // Waits until every task has ended, whatever happens; cancels them all once one threw or the
  // caller was cancelled. Rethrows what the first one threw.
  Task<void> Join();

 private:
  struct State;
  const Executor executor_;
  const std::shared_ptr<State> state_;
};

template <class T>
Task<void> Fill(Task<T> task, std::optional<T>* value) {
  value->emplace(co_await std::move(task));
}

template <class T>
void Start(Siblings& siblings, Task<T> task, std::optional<T>& value) {
  siblings.Start([task = std::move(task), value = &value]() mutable {
    return Fill<T>(std::move(task), value);
  });
}

template <class... T, std::size_t... I>
void StartAll(Siblings& siblings,
              std::tuple<std::optional<T>...>& values,
              std::index_sequence<I...>,
              Task<T>&... tasks) {
  (Start<T>(siblings, std::move(tasks), std::get<I>(values)), ...);
}

}  // namespace task_internal

// Runs the tasks concurrently on the caller's executor; the values in order, or the exception of
// the first that threw, the others then being cancelled. Also when cancelled it returns only once
// every task has ended, so the tasks may use what the caller owns.
template <class... T>
Task<std::tuple<T...>> WhenAll(Task<T>... tasks) {
  task_internal::Siblings siblings(co_await CurrentExecutor());
  std::tuple<std::optional<T>...> values;
  task_internal::StartAll<T...>(siblings, values, std::index_sequence_for<T...>(), tasks...);
  co_await siblings.Join();
  co_return std::apply(
      [](std::optional<T>&... value) { return std::tuple<T...>(std::move(*value)...); }, values);
}

// The same for any number of tasks of one type.
template <class T>
Task<std::vector<T>> WhenAll(std::vector<Task<T>> tasks) {
  task_internal::Siblings siblings(co_await CurrentExecutor());
  std::vector<std::optional<T>> results(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    task_internal::Start<T>(siblings, std::move(tasks[i]), results[i]);
  }
  co_await siblings.Join();
  std::vector<T> values;
  values.reserve(results.size());
  for (std::optional<T>& result : results) values.push_back(std::move(*result));
  co_return values;
}

}  // namespace vedette
