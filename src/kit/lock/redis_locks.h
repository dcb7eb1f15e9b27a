// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kit/lock/lock_base.h"
#include "kit/redis/client.h"

namespace vedette::lock {

// Locks in Redis, shared by all processes that use the same prefix. The owner is random, released
// and extended by scripts that compare it. Redis may lose a lock (a failover, a restart without
// persistence), so two owners may believe in theirs for up to a ttl: what must not happen twice is
// kept apart by the token. Tokens grow even over the loss of all data, as long as Redis' calendar
// clock does.
class RedisLocks final : public LockManagerBase {
 public:
  // `client` outlives it.
  RedisLocks(std::string prefix, redis::Client& client, LockDependencies dependencies);

 private:
  class RedisGrip;
  class UndoUnlessKept;

  Task<Result<Taken>> Take(std::string key,
                           std::chrono::milliseconds ttl,
                           Deadline deadline) override;

  const std::string prefix_;
  redis::Client& client_;
};

}  // namespace vedette::lock
