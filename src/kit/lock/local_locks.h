// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kit/lock/lock_base.h"

namespace vedette::lock {

// Locks among the coroutines of this process, for a system of one process. They are lost by Close()
// alone: an owner cannot die without them. Tokens grow over restarts as long as the calendar
// clock does.
class LocalLocks final : public LockManagerBase {
 public:
  explicit LocalLocks(LockDependencies dependencies);

 private:
  struct Table;
  class LocalGrip;

  Task<Result<Taken>> Take(std::string key,
                           std::chrono::milliseconds ttl,
                           Deadline deadline) override;

  const std::shared_ptr<Table> table_;
};

}  // namespace vedette::lock
