// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "kit/task/signal.h"
#include "kit/task/task.h"

namespace vedette {

// Threads for work that blocks: files, SQLite, password hashing. Bounded: a full queue refuses.
class BlockingPool {
 public:
  BlockingPool(std::string name, std::size_t threads, std::size_t queue_limit);
  ~BlockingPool();  // runs what is queued, then joins
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  // False when the queue is full or the pool is stopping. `work` must not throw.
  [[nodiscard]] bool Post(std::move_only_function<void()> work);

  // Runs `work` on a pool thread and resumes on the caller's executor. kResourceExhausted when the
  // queue is full; kCancelled when the caller was cancelled (the work then runs to its end,
  // unheard). Rethrows what `work` threw.
  template <class T>
  Task<Result<T>> Run(std::move_only_function<T()> work);

  std::size_t queued() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

template <class T>
Task<Result<T>> BlockingPool::Run(std::move_only_function<T()> work) {
  struct Outcome {
    std::optional<T> value;
    std::exception_ptr error;
    Signal done;
  };
  auto outcome = std::make_shared<Outcome>();
  const bool queued = Post([work = std::move(work), outcome]() mutable {
    try {
      outcome->value.emplace(work());
    } catch (...) {
      outcome->error = std::current_exception();
    }
    outcome->done.Set();
  });
  if (!queued) co_return Fail(Code::kResourceExhausted, "Too much work is waiting; try again.");
  if (!co_await outcome->done.Wait()) co_return Fail(Code::kCancelled, "The caller left.");
  if (outcome->error) std::rethrow_exception(outcome->error);
  co_return std::move(*outcome->value);
}

}  // namespace vedette
