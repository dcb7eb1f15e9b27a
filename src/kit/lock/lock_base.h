// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "kit/lock/lock.h"
#include "kit/task/sleep.h"
#include "kit/task/task_group.h"
#include "kit/telemetry/metrics.h"

namespace vedette::lock {

// What every manager needs. All outlive it.
struct LockDependencies {
  const Clock& clock;
  Sleeper& sleeper;
  RandomSource& random;
  MetricsRegistry& metrics;
  Logger logger;
};

// One lock as its server sees it. Used by one coroutine at a time.
class Grip {
 public:
  virtual ~Grip() = default;
  // Begins the ttl anew. False when the lock is not ours any more.
  virtual Task<Result<bool>> Extend(Deadline deadline) = 0;
  // False when the lock was not ours any more.
  virtual Task<Result<bool>> Release(Deadline deadline) = 0;
};

// What the managers have in common: the waiting, the watchdogs and the releases.
class LockManagerBase : public LockManager {
 public:
  // `kind` labels the metrics: "local", "redis", "postgres".
  LockManagerBase(std::string kind, LockDependencies dependencies);
  ~LockManagerBase() override;

  Task<Result<std::unique_ptr<Lock>>> TryAcquire(std::string key,
                                                 std::chrono::milliseconds ttl,
                                                 Deadline deadline) final;
  Task<Result<std::unique_ptr<Lock>>> Acquire(std::string key,
                                              std::chrono::milliseconds ttl,
                                              Deadline deadline) final;
  Task<void> Close() final;
  std::size_t held() const final;

 protected:
  struct Taken {
    std::unique_ptr<Grip> grip;
    std::int64_t token = 0;
  };
  // One attempt; kConflict when somebody else holds the lock.
  virtual Task<Result<Taken>> Take(std::string key,
                                   std::chrono::milliseconds ttl,
                                   Deadline deadline) = 0;

  // Runs on after a caller has gone, until Close.
  void InBackground(Executor executor, std::move_only_function<Task<void>()> work);
  const LockDependencies& dependencies() const { return dependencies_; }

 private:
  struct Shared;
  struct Held;
  class HeldLock;

  const LockDependencies dependencies_;
  const std::shared_ptr<Shared> shared_;
};

std::unexpected<Error> HeldByAnother();

}  // namespace vedette::lock
