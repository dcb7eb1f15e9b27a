// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "kit/task/signal.h"
#include "kit/task/task.h"

namespace vedette::rpc {

// What ended elsewhere, for the one coroutine that waits for several things and takes whichever
// comes next. Held by all of them.
class Arrivals {
 public:
  // From any thread.
  void Add();

  // True: one more has arrived. False: `until` has passed, or the task was cancelled.
  static Task<bool> Next(std::shared_ptr<Arrivals> arrivals, SteadyTime until);

 private:
  bool Take();
  Signal Present();

  std::mutex mutex_;
  std::int64_t untaken_ = 0;
  Signal signal_;  // set at every arrival, and replaced
};

}  // namespace vedette::rpc
