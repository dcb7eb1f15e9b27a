// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <utility>

#include "base/result.h"
#include "kit/task/task.h"

namespace vedette::queue {

// What a statement throws is a failure like any other (kInternal): a loop that looks after a queue
// must outlive it. What it says may hold values, so it is not kept.
template <class T>
Task<Result<T>> Contained(Task<Result<T>> statement) {
  try {
    co_return co_await std::move(statement);
  } catch (const std::exception&) {
  }
  co_return Fail(Code::kInternal, "The database of the queue could not be used.");
}

}  // namespace vedette::queue
