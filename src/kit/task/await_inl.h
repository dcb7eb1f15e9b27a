// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

namespace vedette {
namespace task_internal {

template <class T>
Task<void> Keep(std::move_only_function<Task<T>()>* work, std::optional<T>* value) {
  value->emplace(co_await (*work)());
}

}  // namespace task_internal

template <class T>
T Await(Runtime& runtime, std::move_only_function<Task<T>()> work) {
  std::optional<T> value;
  runtime.RunBlocking([&] { return task_internal::Keep<T>(&work, &value); });
  return std::move(*value);
}

}  // namespace vedette
