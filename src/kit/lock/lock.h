// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "kit/task/deadline.h"
#include "kit/task/signal.h"
#include "kit/task/task.h"

namespace vedette::lock {

// One held lock. It is kept (a watchdog extends it) until it is released, destroyed or lost: the
// server was away for the ttl, or this process did not run for so long. Used by one coroutine, but
// Valid() from anywhere.
class Lock {
 public:
  virtual ~Lock() = default;  // releases in the background

  // Greater than that of every earlier owner of the key. Give it to what the lock protects, which
  // refuses a smaller one than it has seen: that alone keeps out an owner that lost the lock and
  // does not know it yet.
  virtual std::int64_t token() const = 0;

  // Whether the lock is held for certain now. Never again true once it was false.
  virtual bool Valid() const = 0;

  // Set when the lock was lost. One coroutine may wait for it.
  virtual Signal Lost() const = 0;

  // Gives it back. kFailedPrecondition when it was lost before; other errors when that could not be
  // told: the lock then ends with its ttl at the latest. Call it once.
  virtual Task<Status> Release(Deadline deadline) = 0;
};

// Makes owners exclude each other, by key: 1 to 200 characters, without { and }. Thread-safe.
// Close() before destruction; what is held then is kept no longer and ends with its ttl.
class LockManager {
 public:
  virtual ~LockManager() = default;

  // One attempt: kConflict when somebody holds the lock. `ttl` (10 ms to 24 h) is how long the
  // lock outlives an owner that died. Not re-entrant. After an error, or when the caller was
  // cancelled, nothing stays behind for longer than the ttl.
  virtual Task<Result<std::unique_ptr<Lock>>> TryAcquire(std::string key,
                                                         std::chrono::milliseconds ttl,
                                                         Deadline deadline) = 0;

  // Tries again and again until `deadline`, which must be set, and then answers kConflict. No
  // queue: who comes later may be served earlier.
  virtual Task<Result<std::unique_ptr<Lock>>> Acquire(std::string key,
                                                      std::chrono::milliseconds ttl,
                                                      Deadline deadline) = 0;

  // Waits until what was released in the background is released.
  virtual Task<void> Close() = 0;

  // Locks held now by this process, for the status page.
  virtual std::size_t held() const = 0;
};

}  // namespace vedette::lock
