// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kit/task/task.h"

namespace vedette {

// Waits for a turn of this coroutine's thread, unless nobody has had this one: what has arrived
// meanwhile is read first, and what has begun goes on first. Who waits goes in the order of coming,
// one a turn, so that however much there is to do, the thread hears of all that comes and can
// refuse it. Throws when cancelled.
Task<void> TakeTurn();

}  // namespace vedette
