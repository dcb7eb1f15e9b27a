// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <functional>

#include "kit/task/spawn.h"
#include "kit/task/task.h"

namespace vedette {

// Runs `work` as a task of its own on the caller's executor, which `canceller` cancels alone, and
// waits until it has ended; answers what it threw. A cancelled caller cancels it and waits on.
Task<std::exception_ptr> Contain(std::move_only_function<Task<void>()> work, Canceller canceller);

// Whether it is the end of a cancelled task (operation_aborted).
bool IsCancellation(const std::exception_ptr& error);

}  // namespace vedette
