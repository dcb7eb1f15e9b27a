// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <exception>
#include <functional>

#include "kit/task/task.h"

namespace vedette {

// Whether it is the end of a cancelled task (operation_aborted); false for none.
bool IsCancellation(const std::exception_ptr& error);

// Runs `work` as a task of its own on the caller's executor, and cancels it at `time`, or when the
// caller is cancelled; either way waits for its end. Rethrows what it threw, except the
// cancellation at `time`. True when `time` had not come.
Task<bool> RunUntil(std::chrono::steady_clock::time_point time,
                    std::move_only_function<Task<void>()> work);

}  // namespace vedette
