// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kit/task/parallel.h"

namespace vedette {
namespace task_internal {

// Thrown by a worker whose input failed, so that its siblings are cancelled.
struct FanOutFailed {
  Error error;
};

template <class Input, class Each>
Task<void> FanOutWorker(std::vector<Input>* inputs, std::size_t* next, Each* each) {
  while (*next < inputs->size()) {
    const std::size_t index = (*next)++;
    Status done = co_await (*each)(index, std::move((*inputs)[index]));
    if (!done) throw FanOutFailed{std::move(done).error()};
  }
}

template <class Input, class Each>
Task<Status> RunFanOut(std::vector<Input>* inputs, std::size_t width, Each* each) {
  Siblings siblings(co_await CurrentExecutor());
  std::size_t next = 0;
  const std::size_t workers = std::min(std::max<std::size_t>(1, width), inputs->size());
  for (std::size_t i = 0; i < workers; ++i) {
    siblings.Start([inputs, next = &next, each] { return FanOutWorker(inputs, next, each); });
  }
  try {
    co_await siblings.Join();
  } catch (FanOutFailed& failed) {
    co_return std::unexpected(std::move(failed.error));
  }
  co_return Status();
}

}  // namespace task_internal

// Runs `work` for every input, at most `width` (≥ 1) at a time, on the caller's executor: the
// results in the order of the inputs. The first error ends it: no further input is begun, what runs
// is cancelled, and once that has ended the error is answered (an exception is rethrown). So is
// what runs when the caller is cancelled. `work` may use what the caller owns.
template <class T, class Input>
Task<Result<std::vector<T>>> FanOut(std::vector<Input> inputs,
                                    std::size_t width,
                                    std::function<Task<Result<T>>(Input)> work) {
  std::vector<std::optional<T>> found(inputs.size());
  auto each = [&](std::size_t index, Input input) -> Task<Status> {
    VEDETTE_CO_TRY(found[index], co_await work(std::move(input)));
    co_return Status();
  };
  VEDETTE_CO_CHECK_OK(co_await task_internal::RunFanOut(&inputs, width, &each));
  std::vector<T> results;
  results.reserve(found.size());
  for (std::optional<T>& result : found) results.push_back(*std::move(result));
  co_return results;
}

// The same for work that answers no value.
template <class Input>
Task<Status> FanOutEach(std::vector<Input> inputs,
                        std::size_t width,
                        std::function<Task<Status>(Input)> work) {
  auto each = [&](std::size_t, Input input) { return work(std::move(input)); };
  co_return co_await task_internal::RunFanOut(&inputs, width, &each);
}

}  // namespace vedette
